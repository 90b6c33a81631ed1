//! Requests: retries, limits, redirects, credentials, and which index is asked.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::server::{Answer, Manner, Server, gzip};
use super::world::{
    BINARY, JSON, catalog, failure, indexes, metadata, name, options, outside, page, policy,
    publish, wheel,
};
use crate::fetch::credentials::Credentials;
use crate::fetch::error::Asking;
use crate::fetch::http::Http;
use crate::fetch::request::Request;
use crate::fetch::{FetchOptions, IndexStrategy, LiveCatalog, Outside};
use crate::index::Merge;
use crate::package::{DirectUrl, Secret};
use crate::solve::{Catalog, Refusal};

fn versions(answer: Result<std::sync::Arc<crate::index::Project>, Refusal>) -> usize {
    answer.unwrap().pages.iter().map(|on| on.page.len()).sum()
}

#[test]
fn trouble_that_passes_is_waited_out() {
    let server = Server::start();
    let good = page("a", &[publish(&server, "a", "1.0", &[])]);
    let slow = Manner::Slow(Duration::from_millis(900));
    let troubles = [
        vec![Answer::status(500)],
        vec![
            Answer::status(503),
            Answer::status(502),
            Answer::status(504),
        ],
        vec![Answer::status(429).with("retry-after", "0")],
        vec![good.clone().manner(Manner::Truncated)],
        vec![good.clone().manner(slow)],
        vec![Answer::ok(JSON, "{\"half\": ")],
        vec![Answer::ok("text/plain", "hello")],
    ];
    for trouble in troubles {
        let shown = format!("{:?}", trouble[0]);
        let answers: Vec<Answer> = trouble.into_iter().chain([good.clone()]).collect();
        server.route("/simple/a/", answers);

        assert_eq!(versions(catalog(&server).project(&name("a"))), 1, "{shown}");
    }
}

#[test]
fn trouble_that_stays_is_told_with_index_and_package() {
    let server = Server::start();
    let cases = [
        (Answer::status(500), "HTTP status 500, 4 times"),
        (Answer::status(401), "HTTP status 401"),
        (Answer::status(451), "HTTP status 451"),
        (Answer::ok(JSON, "junk"), "not a project's page"),
        (
            Answer::ok("text/html", "<form><input type=password></form>"),
            "looks like a sign-in page",
        ),
        (
            Answer::ok(JSON, "junk").manner(Manner::Truncated),
            "the answer broke off",
        ),
        (
            Answer::status(302).with("location", "/simple/a/"),
            "redirects",
        ),
        (
            Answer::status(302).with("location", "ftp://h/"),
            "away from HTTP",
        ),
    ];
    for (answer, expected) in cases {
        server.route("/simple/a/", [answer]);

        let told = failure(catalog(&server).project(&name("a")));

        assert!(told.contains(expected), "{told}");
        assert!(told.contains("the page of `a`"), "{told}");
        assert!(told.contains(&format!("{}/simple", server.base)), "{told}");
    }
}

#[test]
fn a_server_that_is_not_there_is_told_after_the_retries() {
    let told = {
        let gone = outside("http://127.0.0.1:1", policy(None));
        failure(LiveCatalog::open(gone, None).project(&name("a")))
    };

    assert!(told.contains("no connection"), "{told}");
    assert!(told.contains("4 times"), "{told}");
}

#[test]
fn a_long_retry_after_is_capped() {
    let server = Server::start();
    let good = page("a", &[publish(&server, "a", "1.0", &[])]);
    server.route(
        "/simple/a/",
        [Answer::status(429).with("retry-after", "100000"), good],
    );

    let before = std::time::Instant::now();

    assert_eq!(versions(catalog(&server).project(&name("a"))), 1);
    assert!(before.elapsed() < Duration::from_secs(10));
}

#[test]
fn an_endless_page_is_cut_off() {
    let server = Server::start();
    let endless = Answer::ok(JSON, vec![b' '; 1 << 20]).manner(Manner::Endless);
    server.route("/simple/a/", [endless]);

    let told = failure(catalog(&server).project(&name("a")));

    assert!(told.contains("larger than"), "{told}");
}

#[test]
fn a_page_may_come_compressed() {
    let server = Server::start();
    let mut good = page("a", &[publish(&server, "a", "1.0", &[])]);
    good.body = gzip(&good.body);
    server.route("/simple/a/", [good.with("content-encoding", "gzip")]);

    assert_eq!(versions(catalog(&server).project(&name("a"))), 1);
}

#[test]
fn a_name_that_no_index_has_is_missing_and_not_a_failure() {
    let server = Server::start();

    let refusal = catalog(&server).project(&name("a")).unwrap_err();

    let expected = format!("not on `{}/simple`", server.base);
    assert_eq!(refusal, Refusal::Missing(expected));
    assert_eq!(server.paths(), ["/simple/a/"], "a 404 is not retried");
}

#[test]
fn credentials_go_to_their_index_and_not_along_a_redirect() {
    let (index, other) = (Server::start(), Server::start());
    let listed = publish(&other, "a", "1.0", &[]);
    other.route("/elsewhere/", [page("a", &[listed])]);
    index.route(
        "/simple/a/",
        [Answer::status(302).with("location", format!("{}/elsewhere/", other.base))],
    );
    let base = index.base.replace("http://", "http://me:hunter2@");

    let catalog = LiveCatalog::open(outside(&base, policy(None)), None);
    let project = catalog.project(&name("a")).unwrap();

    let sent = |server: &Server| server.asked()[0].header("authorization").map(str::to_owned);
    assert_eq!(sent(&index).as_deref(), Some("Basic bWU6aHVudGVyMg=="));
    assert_eq!(sent(&other), None);
    assert!(!project.pages[0].index.contains("hunter2"));
}

#[test]
fn a_login_in_a_direct_address_serves_it_and_goes_nowhere_else() {
    let (own, other) = (Server::start(), Server::start());
    let file = "/files/a-1.0-py3-none-any.whl";
    let bytes = wheel("a", "1.0", &metadata("a", "1.0", &[]), 10);
    other.route(file, [Answer::ok(BINARY, bytes)]);
    own.route(
        file,
        [Answer::status(302).with("location", format!("{}{file}", other.base))],
    );
    let base = own.base.replace("http://", "http://me:hunter2@");
    let url = DirectUrl::parse(&format!("{base}{file}")).unwrap();

    let project = catalog(&own).direct(&name("a"), &url).unwrap();

    let sent = |server: &Server| server.asked()[0].header("authorization").map(str::to_owned);
    assert_eq!(sent(&own).as_deref(), Some("Basic bWU6aHVudGVyMg=="));
    assert_eq!(sent(&other), None);
    assert!(!project.pages[0].index.contains("hunter2"));
}

#[test]
fn no_error_tells_a_password() {
    let server = Server::start();
    server.route("/simple/a/", [Answer::status(401)]);
    let base = server.base.replace("http://", "http://me:hunter2@");

    let catalog = LiveCatalog::open(outside(&base, policy(None)), None);
    let refusal = catalog.project(&name("a")).unwrap_err();

    let told = format!("{refusal:?}");
    assert!(!told.contains("hunter2") && !told.contains("me:"), "{told}");
}

#[test]
fn netrc_serves_the_host() {
    let server = Server::start();
    let listed = publish(&server, "a", "1.0", &[]);
    server.route("/simple/a/", [page("a", &[listed])]);
    let outside = Outside {
        options: FetchOptions {
            netrc: Some(Secret::new("machine 127.0.0.1 login me password hunter2")),
            ..options()
        },
        ..outside(&server.base, policy(None))
    };

    LiveCatalog::open(outside, None)
        .project(&name("a"))
        .unwrap();

    let sent = server.asked()[0].header("authorization").map(str::to_owned);
    assert_eq!(sent.as_deref(), Some("Basic bWU6aHVudGVyMg=="));
}

#[test]
fn the_first_index_that_has_a_name_keeps_it() {
    let (private, public) = (Server::start(), Server::start());
    private.route(
        "/simple/a/",
        [page("a", &[publish(&private, "a", "1.0", &[])])],
    );
    public.route(
        "/simple/a/",
        [page("a", &[publish(&public, "a", "2.0", &[])])],
    );
    public.route(
        "/simple/b/",
        [page("b", &[publish(&public, "b", "2.0", &[])])],
    );
    let urls = [&private, &public].map(|server| format!("{}/simple", server.base));
    let ask = |strategy, package: &str| {
        let outside = Outside {
            indexes: indexes(&[&urls[0], &urls[1]], strategy),
            ..outside(&private.base, policy(None))
        };
        let project = LiveCatalog::open(outside, None).project(&name(package));
        let project = project.unwrap();
        let texts = project
            .pages
            .iter()
            .map(|on| on.page.version_text(0).to_owned());
        (texts.collect::<Vec<_>>().join(" "), project.merge)
    };

    assert_eq!(ask(IndexStrategy::First, "a"), ("1.0".into(), Merge::Best));
    assert_eq!(
        public.paths(),
        [""; 0],
        "the public index never hears of a private name"
    );
    assert_eq!(ask(IndexStrategy::First, "b"), ("2.0".into(), Merge::Best));
    let first_match = ask(IndexStrategy::UnsafeFirstMatch, "a");
    assert_eq!(first_match, ("1.0 2.0".into(), Merge::FirstMatch));
    let best = ask(IndexStrategy::UnsafeBestMatch, "a");
    assert_eq!(best, ("1.0 2.0".into(), Merge::Best));
}

#[test]
fn an_index_that_refuses_us_is_not_passed_over() {
    let (private, public) = (Server::start(), Server::start());
    private.route("/simple/a/", [Answer::status(403)]);
    public.route(
        "/simple/a/",
        [page("a", &[publish(&public, "a", "2.0", &[])])],
    );
    let urls = [&private, &public].map(|server| format!("{}/simple", server.base));
    let outside = Outside {
        indexes: indexes(&[&urls[0], &urls[1]], IndexStrategy::First),
        ..outside(&private.base, policy(None))
    };

    let told = failure(LiveCatalog::open(outside, None).project(&name("a")));

    assert!(told.contains("403"), "{told}");
    assert_eq!(public.paths(), [""; 0]);
}

#[test]
fn what_waits_for_a_turn_with_a_large_body_keeps_its_place_until_then() {
    let server = Server::start();
    server.route("/large", [Answer::ok(JSON, vec![b' '; 1 << 20])]);
    let options = FetchOptions {
        concurrency: 1,
        ..options()
    };
    let places = std::iter::empty::<(Option<&str>, &Url)>();
    let login = Credentials::gather(places, &options.variables, None);
    let http = Http::new(options, login, Arc::default()).unwrap();
    let url = Url::parse(&format!("{}/large", server.base)).unwrap();
    let asking = Asking {
        what: "a large page".to_owned(),
        package: None,
        index: None,
    };
    let request = Request {
        takes_turns: true,
        ..Request::get(url, Arc::new(asking), 2 << 20)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();

    let (meanwhile, in_the_end) = runtime.block_on(async {
        let at_work = (http.turns.wait(1).await, http.turns.wait(1).await);
        let ask = || async { http.send(&request).await.unwrap().body.len() };
        let mut asked = std::pin::pin!(async { tokio::join!(ask(), ask()) });
        let early = tokio::time::timeout(Duration::from_millis(300), &mut asked).await;
        assert!(early.is_err(), "nobody has a turn yet");
        let meanwhile = server.asked().len();
        drop(at_work);
        (meanwhile, asked.await)
    });

    assert_eq!((meanwhile, in_the_end), (1, (1 << 20, 1 << 20)));
    assert_eq!(server.asked().len(), 2);
}

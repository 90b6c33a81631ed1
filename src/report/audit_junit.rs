//! What `pyaudit check` found, as JUnit's XML: a suite for each file, a case for each rule and package.
//! Errors are failures, warnings and remarks are told in the output of a case that passed, and what
//! could not be judged is skipped.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::Audited;
use crate::audit::{Finding, Severity};
use crate::package::IndexUrl;

/// Writes JUnit's XML.
pub fn audit_junit(audited: &[Audited<'_>]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let written = write(&mut writer, audited);
    let text = String::from_utf8(writer.into_inner());
    // Writing to memory does not fail, and what is written is text.
    match (written, text) {
        (Ok(()), Ok(text)) => text + "\n",
        _ => String::new(),
    }
}

type Xml = Writer<Vec<u8>>;

fn write(writer: &mut Xml, audited: &[Audited<'_>]) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = writer.create_element("testsuites");
    suites
        .with_attribute(("name", "pyaudit"))
        .write_inner_content(|writer| audited.iter().try_for_each(|it| suite(writer, it)))?;
    Ok(())
}

fn suite(writer: &mut Xml, audited: &Audited<'_>) -> io::Result<()> {
    let audit = audited.audit;
    let (findings, waived) = (&audit.findings, &audit.waived);
    let unaudited = &audit.coverage.unaudited;
    let failures = findings.iter().filter(|it| it.severity == Severity::Error);
    let skipped = (waived.len() + unaudited.len()).to_string();
    let failures = failures.count().to_string();
    // A suite without a case is taken for a run that did not happen.
    let is_clean = findings.is_empty() && waived.is_empty() && unaudited.is_empty();
    let cases = findings.len() + waived.len() + unaudited.len() + usize::from(is_clean);
    let suite = writer.create_element("testsuite").with_attributes([
        ("name", audited.file),
        ("tests", cases.to_string().as_str()),
        ("failures", failures.as_str()),
        ("skipped", skipped.as_str()),
    ]);
    suite.write_inner_content(|writer| {
        for finding in findings {
            case(writer, finding, None)?;
        }
        for waived in waived {
            case(writer, &waived.finding, Some(&waived.reason))?;
        }
        for unaudited in unaudited {
            let case = writer.create_element("testcase");
            let case =
                case.with_attributes([("classname", unaudited.rule), ("name", unaudited.name)]);
            case.write_inner_content(|writer| skip(writer, &unaudited.why))?;
        }
        if is_clean {
            let case = writer.create_element("testcase");
            let attributes = [("classname", "pyaudit"), ("name", "nothing found")];
            case.with_attributes(attributes).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

fn case(writer: &mut Xml, finding: &Finding, waived: Option<&str>) -> io::Result<()> {
    let package = finding.package.as_ref().map(ToString::to_string);
    let name = match &package {
        Some(package) => format!("{} {package}", finding.name),
        None => finding.name.to_owned(),
    };
    let case = writer.create_element("testcase");
    let mut case = case.with_attributes([("classname", finding.rule), ("name", name.as_str())]);
    let line = finding.place.as_ref().map(|place| place.line().to_string());
    if let (Some(place), Some(line)) = (&finding.place, &line) {
        case = case.with_attributes([("file", place.label()), ("line", line.as_str())]);
    }
    case.write_inner_content(|writer| {
        let message = IndexUrl::redacted(&finding.message);
        match (waived, finding.severity) {
            (Some(reason), _) => skip(writer, &format!("{message} (waived: {reason})")),
            (None, Severity::Error) => {
                let failure = writer.create_element("failure");
                let attributes = [
                    ("message", message.as_str()),
                    ("type", finding.severity.name()),
                ];
                let text = details(finding);
                failure
                    .with_attributes(attributes)
                    .write_text_content(BytesText::new(&text))?;
                Ok(())
            }
            (None, severity) => {
                let text = format!("{}: {message}\n{}", severity.name(), details(finding));
                let out = writer.create_element("system-out");
                out.write_text_content(BytesText::new(&text))?;
                Ok(())
            }
        }
    })?;
    Ok(())
}

fn skip(writer: &mut Xml, why: &str) -> io::Result<()> {
    let skipped = writer.create_element("skipped");
    skipped.with_attribute(("message", why)).write_empty()?;
    Ok(())
}

/// Returns all that is told of a finding below its message.
fn details(finding: &Finding) -> String {
    let mut text = String::new();
    for (place, what) in finding.places() {
        text.push_str(&format!("{place}: {what}\n"));
    }
    for path in &finding.paths {
        text.push_str(&format!("path: {}\n", path.join(" → ")));
    }
    for evidence in &finding.evidence {
        text.push_str(&format!("evidence: {evidence}\n"));
    }
    if let Some(fix) = &finding.fix {
        text.push_str(&format!("help: {}\n", fix.text));
    }
    let is_allowed = |sign: &char| !sign.is_control() || *sign == '\n';
    text.chars().filter(is_allowed).collect()
}

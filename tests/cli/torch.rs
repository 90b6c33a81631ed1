//! Builds of torch, GPUs and drivers, against the PyTorch index of `fixtures/torch` on loopback.

use super::support::{Desk, TorchIndex};

fn desk() -> Desk {
    let index = TorchIndex::load();
    Desk::serving(move |asked, base| index.answer(asked, base))
}

#[test]
fn without_a_word_on_torch_the_family_is_that_of_the_default_index() {
    let desk = desk();

    let run = desk.run_with(
        "pyaudit lock - --default-index {base}/json/main/simple/ --python 3.10 \
         --platform x86_64-manylinux_2_28 --format requirements -o -",
        "torch==2.3.1\ntorchvision\ntorchaudio==2.3.1\n",
    );

    assert_eq!(run.exit, Some(0), "{}", run.stderr);
    for pin in ["torch==2.3.1", "torchvision==0.18.1", "torchaudio==2.3.1"] {
        assert!(
            run.stdout.lines().any(|line| line == pin),
            "{pin}\n{}",
            run.stdout
        );
    }
    assert!(run.stdout.contains("nvidia-cublas-cu12==12.1.3.1"));
}

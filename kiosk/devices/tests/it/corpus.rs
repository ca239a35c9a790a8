//! The fuzzing targets over their corpora: what was found once stays found.

use std::path::Path;

use super::targets::targets;

#[test]
fn every_file_of_the_corpora_passes_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in targets() {
        let files: Vec<_> =
            std::fs::read_dir(folder.join(name)).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(files.len() >= 3, "{name}");
        files.iter().for_each(|file| target(&std::fs::read(file).unwrap()));
    }
}

//! Links between the documents point to files that exist.

use std::path::{Path, PathBuf};

#[test]
fn links_point_to_files() {
    let root = super::root();
    let mut documents: Vec<PathBuf> = super::names_in("").into_iter().map(|name| root.join(name)).collect();
    for folder in ["docs/guides", "docs/decisions"] {
        documents.extend(super::names_in(folder).into_iter().map(|name| root.join(folder).join(name)));
    }
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(documents.len() > 5, "{documents:?}");
    let broken: Vec<_> = documents.iter().flat_map(|document| broken_links(document)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A message for each broken link of a document. Links to other sites are not followed.
fn broken_links(document: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(document).unwrap();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    let folder = document.parent().unwrap();
    let absent = local.filter(|target| !folder.join(target).exists());
    absent.map(|target| format!("{} links to {target}, which does not exist", document.display())).collect()
}

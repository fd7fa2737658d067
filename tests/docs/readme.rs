//! What is written by hand and names all vendors or all objects names all of them.

use idv::registry::VENDORS;

use super::{FUNCTION, KINDS, LIST_RESOURCE, root};

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

#[test]
fn the_readme_links_to_every_object() {
    let readme = text("README.md");
    // The page of a resource leads to that of its list.
    for kind in KINDS.iter().filter(|kind| kind.folder != LIST_RESOURCE.folder) {
        let pages = super::names_in(&format!("docs/{}", kind.folder));
        assert!(!pages.is_empty() && (kind.folder == FUNCTION.folder || pages.len() > 1), "{}", kind.folder);
        for page in pages {
            let link = format!("](docs/{}/{page})", kind.folder);
            assert!(readme.contains(&link), "README.md has no link to docs/{}/{page} among the objects", kind.folder);
        }
    }
}

#[test]
fn every_vendor_has_its_part_in_what_is_written_by_hand() {
    for (vendor, _) in VENDORS {
        let (title, name) = (vendor.title(), vendor.name());
        for (file, part) in [
            ("README.md", format!("| {title} | [")),
            ("docs/guides/authentication.md", format!("\n## {title}\n")),
            ("docs/guides/coverage.md", format!("\n## {title}\n")),
            ("examples/provider/provider.tf", format!("\n  {name} = {{\n")),
            ("examples/pipelines/github-actions.yml", format!("\n  IDV_{}_", name.to_uppercase())),
        ] {
            assert!(text(file).contains(&part), "{file} has nothing of {title}: {:?} is not in it", part.trim());
        }
    }
}

//! What the registries require of the pages. `tfplugindocs validate` checks the same, and needs Go.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{KINDS, root};

/// The registry does not show a file of this size or above, in bytes.
const SIZE_LIMIT: u64 = 500_000;
/// Nor any page if there are more.
const COUNT_LIMIT: usize = 2000;

/// The pages that a registry shows: the index, the guides and a folder for each kind of object.
fn shown() -> Vec<PathBuf> {
    let folders = KINDS.iter().map(|kind| kind.folder).chain(["guides"]);
    let in_folders = folders.flat_map(|folder| {
        let folder = root().join("docs").join(folder);
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
    });
    in_folders.chain([root().join("docs/index.md")]).collect()
}

/// The keys and values of a page's front matter. A text of several lines is its first line.
fn front_matter(text: &str) -> Option<BTreeMap<&str, &str>> {
    let (matter, _) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
    let keys = matter.lines().filter(|line| !line.starts_with(' '));
    keys.map(|line| line.split_once(':').map(|(key, value)| (key, value.trim().trim_matches('"')))).collect()
}

/// What a registry would not accept, or not show as intended.
fn faults(path: &Path, text: &str) -> Vec<String> {
    let Some(matter) = front_matter(text) else { return vec!["it has no front matter".to_owned()] };
    let mut faults = Vec::new();
    let is_index = path.ends_with("docs/index.md");
    let allowed: &[&str] =
        if is_index { &["page_title", "description"] } else { &["page_title", "subcategory", "description"] };
    faults
        .extend(matter.keys().filter(|key| !allowed.contains(key)).map(|key| format!("its front matter has `{key}`")));
    faults.extend(
        allowed.iter().filter(|key| !matter.contains_key(*key)).map(|key| format!("its front matter has no `{key}`")),
    );
    if matter.get("page_title").is_some_and(|title| title.is_empty()) {
        faults.push("its title is empty".to_owned());
    }
    let headings: Vec<_> = text.lines().filter(|line| line.starts_with("# ")).collect();
    let in_blocks =
        text.split("```").skip(1).step_by(2).flat_map(str::lines).filter(|line| line.starts_with("# ")).count();
    if headings.len() != in_blocks + 1 {
        faults.push(format!("it has {} headings of the first level", headings.len() - in_blocks));
    }
    faults
}

#[test]
fn pages_are_as_the_registries_require() {
    let pages = shown();
    assert!(pages.len() > 50 && pages.len() < COUNT_LIMIT, "{}", pages.len());
    for path in pages {
        assert_eq!(path.extension().and_then(|extension| extension.to_str()), Some("md"), "{}", path.display());
        assert!(path.metadata().unwrap().len() < SIZE_LIMIT, "{} is too large", path.display());
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(faults(&path, &text), Vec::<String>::new(), "{}", path.display());
        let is_guide = path.parent().unwrap().ends_with("guides");
        assert!(is_guide || text.contains("\n## Example Usage\n\n```terraform\n"), "{} has no example", path.display());
    }
}

#[test]
fn faults_of_a_page_are_found() {
    let of = |text: &str| faults(&PathBuf::from("docs/guides/page.md"), text).join("; ");
    assert_eq!(of("# Page\n"), "it has no front matter");
    assert_eq!(
        of("---\npage_title: \"\"\nlayout: x\nsubcategory: \"\"\n---\n\n# Page\n\n# Another\n"),
        "its front matter has `layout`; its front matter has no `description`; its title is empty; it has 2 headings of the \
         first level"
    );
}

//! One page of the registry: front matter, description, examples, schema, import.

use idv::framework::identity::IdentityAttribute;
use idv::framework::schema::{Attribute, Schema};

use super::schema;

/// What a page is about.
pub(super) struct Page<'s> {
    /// Such as `idv_vult_webhook Resource - idv`.
    pub title: String,
    /// The vendor under which the registry's menu shows it; empty for the provider's own page.
    /// The vendor; registries allow none on the page of the provider itself.
    pub subcategory: Option<&'s str>,
    /// Such as `idv_vult_webhook (Resource)`.
    pub heading: String,
    /// The schema of the object.
    pub schema: &'s Schema,
    /// The example configuration.
    pub example: String,
    /// What to know about the example; empty if nothing.
    pub note: &'static str,
    /// The import section, for a resource.
    pub import: Option<Import>,
}

/// The ways to import an existing object.
pub(super) struct Import {
    /// The attributes of the identity.
    pub identity: Vec<IdentityAttribute>,
    /// `import-by-identity.tf`.
    pub by_identity: String,
    /// `import.tf`.
    pub block: String,
    /// `import.sh`.
    pub command: String,
}

impl Page<'_> {
    /// The page as Markdown.
    pub(super) fn render(&self) -> String {
        let Self { title, subcategory, heading, schema, example, note, import } = self;
        let description = &schema.description;
        let deprecation = schema.deprecated.iter().map(|instead| format!("~> **Deprecated.** {instead}\n"));
        let deprecation: String = deprecation.collect();
        let subcategory = subcategory.map_or_else(String::new, |name| format!("subcategory: \"{name}\"\n"));
        let sections = [
            format!("---\npage_title: \"{title}\"\n{subcategory}description: |-\n  {description}\n---\n"),
            format!("# {heading}\n\n{description}\n"),
            deprecation,
            format!("## Example Usage\n\n```terraform\n{example}```\n"),
            (*note).to_owned(),
            schema::section(schema),
        ];
        let import = import.as_ref().map(Import::section);
        let sections = sections.into_iter().chain(import).filter(|section| !section.is_empty());
        sections.collect::<Vec<_>>().join("\n")
    }
}

impl Import {
    fn section(&self) -> String {
        let Self { identity, by_identity, block, command } = self;
        let parts = |title: &str, required: bool| {
            let parts = identity.iter().filter(|part| part.required == required);
            let lines: Vec<_> =
                parts.map(|part| format!("- `{}` (String) {}\n", part.name, part.description)).collect();
            if lines.is_empty() { String::new() } else { format!("\n#### {title}\n\n{}", lines.concat()) }
        };
        format!(
            "## Import\n\nWith an `import` block beside the resource, from Terraform 1.5 on and in every OpenTofu:\n\n```terraform\n{block}```\n\n\
             By identity, from Terraform 1.12 on:\n\n```terraform\n{by_identity}```\n\n\
             Or with the command:\n\n```shell\n{command}```\n\n### Identity Schema\n{}{}",
            parts("Required", true),
            parts("Optional", false),
        )
    }
}

#[test]
fn deprecations_are_on_the_page() {
    let attributes = vec![
        Attribute::string("name").required().describe("The name."),
        Attribute::string("label").optional().describe("Another name.").deprecated("Use `name` instead."),
    ];
    let schema = Schema::new("A thing.", attributes).deprecated("Use `idv_other` instead.");
    let page = Page {
        title: "idv_thing Resource - idv".to_owned(),
        subcategory: None,
        heading: "idv_thing (Resource)".to_owned(),
        schema: &schema,
        example: String::new(),
        note: "",
        import: None,
    };
    let text = page.render();
    assert!(text.contains("A thing.\n\n~> **Deprecated.** Use `idv_other` instead.\n\n## Example Usage\n"), "{text}");
    assert!(text.contains("- `label` (String, Deprecated) Another name. Deprecated: Use `name` instead.\n"), "{text}");
    assert!(text.contains("- `name` (String) The name.\n"), "{text}");
}

//! The page of a function: front matter, description, example, signature, arguments.

use idv::framework::function::{Parameter, Signature};

use super::schema::type_words;

/// The page as Markdown.
pub(super) fn page(name: &str, signature: &Signature, example: &str) -> String {
    let Signature { summary, description, parameters, returns } = signature;
    let typed = |parameter: &Parameter| format!("{} {}", parameter.name, type_words(&parameter.kind).to_lowercase());
    let taken = parameters.iter().map(typed).collect::<Vec<_>>().join(", ");
    let argument = |(number, parameter): (usize, &Parameter)| {
        format!("{number}. `{}` ({}) {}\n", parameter.name, type_words(&parameter.kind), parameter.description)
    };
    let arguments: String = (1..).zip(parameters).map(argument).collect();
    [
        format!("---\npage_title: \"{name} function - idv\"\nsubcategory: \"\"\ndescription: |-\n  {summary}\n---\n"),
        format!("# function: {name}\n\n{summary} {description}\n"),
        format!("## Example Usage\n\n```terraform\n{example}```\n"),
        format!("## Signature\n\n```text\n{name}({taken}) {}\n```\n", type_words(returns).to_lowercase()),
        format!("## Arguments\n\n{arguments}"),
    ]
    .join("\n")
}

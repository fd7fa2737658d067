//! Where the files of an export go and what their names and addresses begin with: one tenant of several in a folder, or a module.

use crate::framework::Provider;

use super::configuration::Files;
use super::hcl::{self, Field, Term};
use super::variables::Variables;

/// How an export is arranged.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The alias of the provider configuration. It is on every resource, and names of resources, variables and files begin with
    /// it, so that the exports of several tenants fit into one folder.
    pub alias: Option<String>,
    /// The name of the module that has the resources. The provider block and the `import` blocks are in the folder above it.
    pub module: Option<String>,
}

impl Layout {
    /// The name of an object, a variable or a file.
    pub(super) fn name(&self, name: &str) -> String {
        self.alias.as_ref().map_or_else(|| name.to_owned(), |alias| format!("{alias}_{name}"))
    }

    /// The path of a file beside the resources.
    pub(super) fn file(&self, name: &str) -> String {
        let name = self.name(name);
        self.module.as_ref().map_or_else(|| name.clone(), |module| format!("{module}/{name}"))
    }

    /// The address of a resource, from the root module.
    pub(super) fn address(&self, address: &str) -> String {
        self.module.as_ref().map_or_else(|| address.to_owned(), |module| format!("module.{module}.{address}"))
    }

    /// The `provider` argument of a resource. A module has the provider that its caller passes.
    pub(super) fn provider(&self, provider: &str) -> Option<Field> {
        let alias = self.alias.as_ref().filter(|_| self.module.is_none())?;
        Some(Field::new("provider", Term::verbatim(&format!("{provider}.{alias}"))))
    }

    /// `versions.tf`: the versions of Terraform and the provider; for the module too, if there is one.
    pub(super) fn versions(&self, provider: &Provider, source: &str) -> Files {
        let requirement = Field::new(
            provider.name,
            Term::Object(vec![
                Field::new("source", Term::text(source)),
                Field::new("version", Term::text(&format!("~> {}", provider.version))),
            ]),
        );
        let required = Field::new("required_version", Term::text(">= 1.8"));
        let text = hcl::file([hcl::nested_block("terraform", vec![required], "required_providers", vec![requirement])]);
        // The same for every tenant of a folder.
        let module = self.module.as_ref().map(|module| format!("{module}/versions.tf"));
        module.into_iter().chain(["versions.tf".to_owned()]).map(|name| (name, text.clone())).collect()
    }

    /// `provider.tf`: the provider block. Without an alias its settings stay in the environment. With one they are in the block,
    /// since the environment can have those of one tenant only.
    pub(super) fn provider_block(
        &self,
        provider: &Provider,
        vendors: &[&'static str],
        variables: &mut Variables,
    ) -> Files {
        let mut fields = Vec::new();
        if let Some(alias) = &self.alias {
            fields.push(Field::new("alias", Term::text(alias)));
        }
        for vendor in provider.vendors().iter().filter(|vendor| vendors.contains(&vendor.name())) {
            let name = vendor.name();
            let field = if self.alias.is_some() {
                let settings = provider.settings(*vendor).into_iter().map(|(attribute, value)| {
                    let term = if attribute.is_secret() {
                        let alias = self.name(&format!("{name}_{}", attribute.name));
                        variables.add_setting(&alias, &format!("{name}.{}", attribute.name), &attribute)
                    } else {
                        Term::value(&value)
                    };
                    Field::new(&attribute.name, term)
                });
                Field::new(name, Term::Object(settings.collect()))
            } else {
                let comment = format!("From the environment: {}.", provider.variables_set(*vendor).join(", "));
                Field::new(name, Term::Object(Vec::new())).with_comment(comment)
            };
            fields.push(field);
        }
        [(self.name("provider.tf"), hcl::file([hcl::block(&[], &["provider", provider.name], fields)]))].into()
    }

    /// `main.tf`: the call of the module, with a variable of the root for each of its own.
    pub(super) fn module_call(&self, provider: &str, variables: &Variables, module: &str) -> Files {
        let mut fields = vec![Field::new("source", Term::text(&format!("./{module}")))];
        if let Some(alias) = &self.alias {
            let passed = Field::new(provider, Term::verbatim(&format!("{provider}.{alias}")));
            fields.push(Field::new("providers", Term::Object(vec![passed])));
        }
        for name in variables.of_resources() {
            fields.push(Field::new(name, Term::verbatim(&format!("var.{name}"))));
        }
        [(self.name("main.tf"), hcl::file([hcl::block(&[], &["module", module], fields)]))].into()
    }
}

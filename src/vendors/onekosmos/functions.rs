//! Functions `onekosmos_public_key` and `proofing_flow_diagram`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::crypto::{CURVES, Curve, PrivateKey};
use super::steps::StepModel;
use crate::framework::function::{Failure, Function, Parameter, Signature, text};
use crate::framework::rules::any_of;
use crate::framework::{Attr, Type, Value, value};

/// Computes the public key of a private key.
pub(super) struct PublicKey;

impl Function for PublicKey {
    fn name(&self) -> &'static str {
        "onekosmos_public_key"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Computes the public key of a 1Kosmos private key.",
            description: "Takes a private key in the format of 1Kosmos, base64 of its number, and the curve. Returns the public key as it is \
                          sent: base64 of the 64 bytes X and Y. Useful to compare a configured key with the one that an administrator sees.",
            parameters: vec![
                Parameter::string("private_key", "Standard base64 of the key's number, of 1 to 33 bytes."),
                Parameter::string("curve", "`secp256k1` or `prime256v1`."),
            ],
            returns: Type::String,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Failure> {
        let (private_key, name) = (text(arguments, 0)?, text(arguments, 1)?);
        let curve = Curve::named(name).ok_or_else(|| {
            Failure::at(1, format!("`{name}` is not a curve of 1Kosmos. It must be {}.", any_of(CURVES)))
        })?;
        let key = PrivateKey::parse(private_key).and_then(|key| key.public_key(curve));
        key.map(Value::from).map_err(|problem| Failure::at(0, format!("The private key cannot be used: {problem}.")))
    }
}

/// Draws a workflow as a diagram.
pub(super) struct FlowDiagram;

impl Function for FlowDiagram {
    fn name(&self) -> &'static str {
        "proofing_flow_diagram"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Draws a proofing workflow as a Mermaid flowchart.",
            description: "Takes the `workflow` of an `idv_onekosmos_proofing_template` and returns a Mermaid flowchart of its steps and jumps, \
                          for a pull request or a wiki.",
            parameters: vec![Parameter::of(
                "workflow",
                Type::Dynamic,
                "The list of steps, such as the `workflow` of a template. The function reads `name`, `type` and `actions` of each step.",
            )],
            returns: Type::String,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Failure> {
        let steps =
            arguments.first().and_then(Value::as_list).ok_or_else(|| Failure::at(0, "Must be a list of steps."))?;
        let steps = steps.iter().enumerate().map(|(index, step)| {
            value::from_value::<StepModel>(complete(step))
                .map_err(|error| Failure::at(0, format!("Step {index} is not a step of a workflow: {error}.")))
        });
        Ok(diagram(&steps.collect::<Result<Vec<_>, _>>()?).into())
    }
}

/// The step with every attribute, since an expression may omit some.
fn complete(step: &Value) -> Value {
    let names = ["name", "type", "html", "html_base64", "params", "actions"];
    let mut entries: BTreeMap<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), step.get(name).clone())).collect();
    let Some(actions) = step.get("actions").as_list() else { return Value::Map(entries) };
    let names = ["name", "on", "jump_to", "call"];
    let actions = actions
        .iter()
        .map(|action| Value::Map(names.iter().map(|name| ((*name).to_owned(), action.get(name).clone())).collect()));
    entries.insert("actions".to_owned(), Value::List(actions.collect()));
    // Parameters are not drawn.
    entries.insert("params".to_owned(), Value::Null);
    Value::Map(entries)
}

/// The Mermaid text. Node ids are positions, since a name may contain any text.
fn diagram(steps: &[StepModel]) -> String {
    let mut text = "flowchart TD\n".to_owned();
    let positions: BTreeMap<&str, usize> =
        steps.iter().enumerate().filter_map(|(index, step)| Some((step.name.as_str()?, index))).collect();
    for (index, step) in steps.iter().enumerate() {
        let (name, kind) = (step.name.as_str().unwrap_or("?"), step.kind.as_str().unwrap_or("?"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  s{index}[\"{}<br/>{}\"]", escaped(name), escaped(kind));
    }
    for (index, step) in steps.iter().enumerate() {
        match &step.actions {
            Attr::Known(actions) if !actions.is_empty() => {
                for action in actions {
                    let label =
                        [action.name.as_str(), action.on.as_str()].into_iter().flatten().collect::<Vec<_>>().join(": ");
                    let target = action.jump_to.as_str().map(|target| match positions.get(target) {
                        Some(position) => format!("s{position}"),
                        None => format!("missing[\"{}?\"]", escaped(target)),
                    });
                    let call =
                        action.call.as_str().map(|call| format!("c{index}_{}([\"{}\"])", slug(call), escaped(call)));
                    for end in target.into_iter().chain(call) {
                        let _ = writeln!(text, "  s{index} -->|\"{}\"| {end}", escaped(&label));
                    }
                }
            }
            _ if index + 1 < steps.len() => {
                let _ = writeln!(text, "  s{index} --> s{}", index + 1);
            }
            _ => {}
        }
    }
    text
}

/// Escapes text inside quotes, where Mermaid reads HTML entities.
fn escaped(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;").replace('\n', " ")
}

/// Makes text usable in the id of a node.
fn slug(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::steps::ActionModel;
    use super::*;

    #[test]
    fn diagram_has_the_jumps_and_calls() {
        let action = |on: &str, jump_to: Attr<String>, call: Attr<String>| ActionModel {
            on: on.into(),
            jump_to,
            call,
            ..ActionModel::default()
        };
        let step = |name: &str, kind: &str, actions: Vec<ActionModel>| StepModel {
            name: name.into(),
            kind: kind.into(),
            actions: if actions.is_empty() { Attr::Null } else { actions.into() },
            ..StepModel::default()
        };
        let steps = [
            step(
                "say \"hi\"",
                "HTML",
                vec![action("click", "wait".into(), Attr::Null), action("skip", "gone".into(), Attr::Null)],
            ),
            step("front", "CAPTURE_FRONT", vec![]),
            step("wait", "PROCESSING", vec![action("load", Attr::Null, "submit".into())]),
        ];
        expect_test::expect![[r#"
            flowchart TD
              s0["say #quot;hi#quot;<br/>HTML"]
              s1["front<br/>CAPTURE_FRONT"]
              s2["wait<br/>PROCESSING"]
              s0 -->|"click"| s2
              s0 -->|"skip"| missing["gone?"]
              s1 --> s2
              s2 -->|"load"| c2_submit(["submit"])
        "#]]
        .assert_eq(&diagram(&steps));
    }

    #[test]
    fn failure_names_the_argument() {
        let key = "NxcAkLMNySu55B5bsCB1xxHP7sLYNAHyzKIBT5V1RZA=";
        assert_eq!(PublicKey.call(&["?".into(), "secp256k1".into()]).unwrap_err().argument, Some(0));
        assert_eq!(PublicKey.call(&[key.into(), "p521".into()]).unwrap_err().argument, Some(1));
        let public = "IqzvDV80tx56uWXNCnprd1XlLFNIPNKWryn/2B51reW9e5epUpLhj80SQslHCAMhfBXrSfHYmqy9ggVXIarRnA==";
        assert_eq!(PublicKey.call(&[key.into(), "secp256k1".into()]).unwrap(), public.into());
        assert_eq!(FlowDiagram.call(&["no list".into()]).unwrap_err().argument, Some(0));
    }
}

//! Calls about functions.

use std::collections::HashMap;

use super::wire::{self, call_function as call};
use crate::framework::function::{Failure, Parameter, Signature};
use crate::framework::{Diagnostics, Provider};
use crate::protocol::convert;

/// Every function's signature.
pub(crate) fn signatures(provider: &Provider) -> HashMap<String, wire::Function> {
    provider.functions.iter().map(|(name, function)| ((*name).to_owned(), signature(&function.signature()))).collect()
}

fn signature(signature: &Signature) -> wire::Function {
    let parameter = |parameter: &Parameter| wire::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: parameter.kind.to_json().to_string().into_bytes(),
        description: parameter.description.to_owned(),
        description_kind: wire::StringKind::Markdown.into(),
        ..wire::function::Parameter::default()
    };
    wire::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        r#return: Some(wire::function::Return { r#type: signature.returns.to_json().to_string().into_bytes() }),
        summary: signature.summary.to_owned(),
        description: signature.description.to_owned(),
        description_kind: wire::StringKind::Markdown.into(),
        ..wire::Function::default()
    }
}

/// Calls a function.
pub(crate) fn call(provider: &Provider, request: call::Request) -> call::Response {
    let result = computed(provider, request);
    match result {
        Ok(value) => call::Response { result: Some(value), error: None },
        Err(failure) => call::Response {
            result: None,
            error: Some(wire::FunctionError {
                text: failure.text,
                function_argument: failure.argument.and_then(|argument| i64::try_from(argument).ok()),
            }),
        },
    }
}

fn computed(provider: &Provider, request: call::Request) -> Result<wire::DynamicValue, Failure> {
    let plain = |text: String| Failure { text, argument: None };
    let function = provider
        .functions
        .get(request.name.as_str())
        .ok_or_else(|| plain(format!("This version of the provider has no function `{}`.", request.name)))?;
    let signature = function.signature();
    if request.arguments.len() != signature.parameters.len() {
        return Err(plain(format!("`{}` takes {} arguments.", request.name, signature.parameters.len())));
    }
    let decoded = request.arguments.into_iter().zip(&signature.parameters).enumerate();
    let decoded = decoded.map(|(position, (argument, parameter))| {
        let unreadable = |diagnostics: Diagnostics| Failure::at(position, diagnostics.details());
        let value = convert::value::decode(Some(argument), &parameter.kind).map_err(unreadable)?;
        if value.is_null() { Err(Failure::at(position, "Must not be null.")) } else { Ok(value) }
    });
    let arguments = decoded.collect::<Result<Vec<_>, _>>()?;
    let result =
        function.call(&arguments)?.conform(&signature.returns).map_err(|mismatch| plain(mismatch.to_string()))?;
    Ok(convert::value::encode(&result, &signature.returns))
}

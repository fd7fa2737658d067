//! Log lines as go-plugin's hosts read them from a plugin's standard error: hclog's JSON, one object a line.
//!
//! A host shows any other text as an unstructured line of level DEBUG. Only this crate's own events are written: the
//! libraries below log what goes over the wire at their finest levels, and that may be a secret. Secrets that the process
//! holds are redacted from every text.

mod line;

use std::io::Write;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use super::environment::{Lookup, set_variable};
use crate::secret::redact;

pub(super) use line::Line;

/// The variables that set the level of every provider, after a provider's own.
const SHARED_VARIABLES: [&str; 2] = ["TF_LOG_PROVIDER", "TF_LOG"];

/// Sends this crate's events to standard error, at the level that the environment asks for.
///
/// The level is that of the first variable that is set: `own_variable` (such as `TF_LOG_PROVIDER_NAME`),
/// `TF_LOG_PROVIDER`, `TF_LOG`. Without any nothing is installed and events cost next to nothing. Does nothing but say so
/// in the log when the process has a log already.
pub fn install(environment: Lookup<'_>, own_variable: &str) {
    let level = level(environment, own_variable);
    if level == LevelFilter::OFF {
        return;
    }
    let log = HclogLayer { level, write: write_to_stderr };
    if tracing::subscriber::set_global_default(Registry::default().with(log)).is_err() {
        tracing::warn!("the log was set up twice; the first one stays");
    }
}

/// Reads the level of the log. As in Terraform itself `JSON` means TRACE, and so does a word that is no level.
fn level(environment: Lookup<'_>, own_variable: &str) -> LevelFilter {
    let value = std::iter::once(own_variable).chain(SHARED_VARIABLES).find_map(|name| set_variable(environment, name));
    match value.map(|value| value.to_string_lossy().trim().to_ascii_uppercase()).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some(_) => LevelFilter::TRACE,
    }
}

/// Writes text to standard error, whole and at once so that lines of several threads do not mix.
pub(super) fn write_to_stderr(text: &str) {
    // When standard error is closed there is no place left to tell it, and no reason to end the plugin.
    let _closed = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A layer that writes each event as a line, with the fields of the spans around it.
struct HclogLayer<W> {
    level: LevelFilter,
    write: W,
}

impl<W> HclogLayer<W> {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"));
        ours && *metadata.level() <= self.level
    }
}

impl<S, W> Layer<S> for HclogLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _ctx: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = ctx.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        if let Some(span) = ctx.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in ctx.event_scope(event).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.values.extend(outer.values.clone());
            }
        }
        event.record(&mut fields);
        let line = Line {
            level: *event.metadata().level(),
            module: event.metadata().target(),
            message: &fields.message,
            fields: fields.values,
        };
        (self.write)(&line.format(jiff::Timestamp::now()));
    }
}

/// The fields of an event or a span, as JSON.
#[derive(Default)]
struct Fields {
    message: String,
    values: Map<String, Value>,
}

impl Fields {
    /// Keeps a field, or the message, which is text whatever its type: Terraform crashes on any other.
    fn keep(&mut self, field: &Field, value: Value) {
        if field.name() != "message" {
            self.values.insert(field.name().to_owned(), value);
        } else if let Value::String(text) = value {
            self.message = text;
        } else {
            self.message = value.to_string();
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.keep(field, redact(&format!("{value:?}")).into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, redact(value).into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Runs code under a log of the given level and returns the lines, parsed.
    fn lines_of(level: LevelFilter, run: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        let write = move |line: &str| sink.lock().unwrap().push(serde_json::from_str(line).unwrap());
        tracing::subscriber::with_default(Registry::default().with(HclogLayer { level, write }), run);
        let lines = lines.lock().unwrap();
        lines.clone()
    }

    #[test]
    fn an_event_becomes_a_line_with_the_fields_of_its_spans() {
        let lines = lines_of(LevelFilter::DEBUG, || {
            let outer = tracing::info_span!("call", rpc = "ReadResource", status = tracing::field::Empty).entered();
            outer.record("status", 200);
            let _inner = tracing::info_span!("object", rpc = "inner").entered();
            tracing::warn!(count = 3, ratio = 0.5, again = true, name = "a\nb", "waited {}", "long");
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line["@level"], "warn");
        assert_eq!(line["@message"], "waited long");
        assert_eq!(line["@module"], "idv.plugin.hclog.tests");
        assert_eq!(line["count"], 3);
        assert_eq!(line["ratio"], 0.5);
        assert_eq!(line["again"], true);
        assert_eq!(line["name"], "a\nb");
        assert_eq!((&line["rpc"], &line["status"]), (&"inner".into(), &200.into()));
    }

    #[test]
    fn a_message_is_text_whatever_was_given() {
        let lines = lines_of(LevelFilter::TRACE, || {
            tracing::info!(message = 5);
            tracing::info!(message = true);
            tracing::info!(only = "a field");
        });
        let messages: Vec<_> = lines.iter().map(|line| line["@message"].as_str().unwrap()).collect();
        assert_eq!(messages, ["5", "true", ""]);
    }

    #[test]
    fn finer_levels_and_other_crates_are_left_out() {
        let lines = lines_of(LevelFilter::INFO, || {
            tracing::debug!("too fine");
            tracing::error!(target: "h2::codec", "not ours");
            tracing::error!(target: "idvx", "not ours either");
            tracing::info!("written");
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0]["@message"], "written");
    }

    #[test]
    fn the_level_comes_from_the_nearest_variable() {
        for (variables, expected) in [
            (&[][..], LevelFilter::OFF),
            (&[("TF_LOG", "")], LevelFilter::OFF),
            (&[("TF_LOG", "off")], LevelFilter::OFF),
            (&[("TF_LOG", "JSON")], LevelFilter::TRACE),
            (&[("TF_LOG", "1")], LevelFilter::TRACE),
            (&[("TF_LOG", "warn"), ("TF_LOG_PROVIDER", "Error")], LevelFilter::ERROR),
            (&[("TF_LOG_PROVIDER", "ERROR"), ("TF_LOG_PROVIDER_X", "DEBUG")], LevelFilter::DEBUG),
            (&[("TF_LOG_PROVIDER_Y", "DEBUG")], LevelFilter::OFF),
        ] {
            let lookup =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
            assert_eq!(level(&lookup, "TF_LOG_PROVIDER_X"), expected, "{variables:?}");
        }
    }
}

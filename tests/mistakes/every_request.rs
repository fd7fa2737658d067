//! A fault in each request of an apply and of a destroy, one at a time: the next run of the command ends with the objects
//! of a run without a fault, each once, and with none left behind.

use std::thread;

use idv::registry::VENDORS;
use serde_json::{Value, json};

use crate::support::objects::{self, Object};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// The vendors, each with the objects of the table whose create can be recovered. A destroy also has those that it deletes.
fn vendors(command: Command) -> Vec<(&'static str, String)> {
    let restores = |object: &Object| if object.can_restore { "on_destroy = \"restore\"" } else { "" };
    let is_tested = |object: &&Object| {
        let is_deleted = (object.after_destroy)(&json!({})).is_null();
        object.is_recoverable || (command == Command::Destroy && is_deleted)
    };
    let names = VENDORS.iter().map(|(vendor, _)| vendor.name());
    let with_objects = names.map(|name| {
        let tested = objects::of_vendor(name).filter(is_tested);
        (name, objects::configuration(tested, restores))
    });
    with_objects.filter(|(_, configuration)| !configuration.is_empty()).collect()
}

/// The configuration of one of them.
fn of_vendor(vendor: &str) -> String {
    vendors(Command::Apply).into_iter().find(|(name, _)| *name == vendor).unwrap().1
}

/// The command that has the fault.
#[derive(Clone, Copy, PartialEq)]
enum Command {
    Apply,
    Destroy,
}

/// A request, as a fault names it.
#[derive(Debug)]
struct Place {
    method: String,
    /// Without ids.
    path: String,
    /// How many requests like it came before.
    earlier: usize,
}

#[test]
fn apply_recovers_when_a_request_fails_after_commit() {
    each_vendor(&json!({"kind": "status", "status": 502, "after": true}), Command::Apply);
}

/// The page of a captive portal is no response of the vendor, also where nobody reads the response body.
#[test]
fn destroy_recovers_when_a_portal_responds_to_a_request() {
    let page =
        json!({"kind": "status", "status": 200, "headers": {"content-type": "text/html"}, "body": "<html></html>"});
    each_vendor(&page, Command::Destroy);
}

/// A token endpoint that responds with 404 does not mean that the object is gone.
#[test]
fn missing_token_endpoint_is_not_a_missing_object() {
    let vendor = "vult";
    let (sandbox, workspace) = start();
    workspace.configure(&of_vendor(vendor));
    workspace.apply().succeeded();
    let (there, known) = (sandbox.state()[vendor].clone(), workspace.state());
    sandbox.fault(&json!({"vendor": vendor, "path": "/oauth/token", "kind": "status", "status": 404, "times": 99}));
    for run in [workspace.apply(), workspace.destroy()] {
        let errors = run.failed().errors();
        assert!(errors.contains("there is no token endpoint at it"), "{errors}");
    }
    workspace.run(&["destroy", "-json", "-auto-approve", "-refresh=false"]).failed();
    sandbox.clear_faults();
    assert_eq!(objects(&sandbox.state()[vendor]), objects(&there));
    assert_eq!(workspace.state(), known);
}

/// A request before the create fails, so the create was not sent and there is nothing to look for.
#[test]
fn failure_before_a_create_does_not_report_it_as_sent() {
    let vendor = "onekosmos";
    let (sandbox, workspace) = start();
    // The service keys belong to no community, so their create would succeed.
    let of_community = ["idv_onekosmos_proofing_template", "idv_onekosmos_bucket"];
    workspace.configure(&of_community.map(|name| objects::find(name).created()).concat());
    let fault = json!({"vendor": vendor, "path": "/api/r1/system/community_info", "kind": "garbage", "times": 99});
    sandbox.fault(&fault);
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("It was needed for creating the proofing template."), "{errors}");
    assert!(!errors.contains("may exist") && !errors.contains("may have been"), "{errors}");
    assert!(workspace.state().is_empty());
}

fn start() -> (Sandbox, Workspace) {
    let sandbox = objects::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    // A retry of the transport would hide the fault.
    workspace.set("IDV_MAX_RETRIES", "0");
    (sandbox, workspace)
}

/// Walks each vendor in a thread of its own.
fn each_vendor(fault: &Value, command: Command) {
    thread::scope(|scope| {
        for (vendor, configuration) in vendors(command) {
            scope.spawn(move || break_each(vendor, &configuration, fault, command));
        }
    });
}

/// Runs a command once for each of its requests, with a fault in that one.
fn break_each(vendor: &str, configuration: &str, fault: &Value, command: Command) {
    let (sandbox, workspace) = start();
    let before = sandbox.state();
    workspace.configure(configuration);
    workspace.apply().succeeded();
    let wanted = objects(&sandbox.state()[vendor]);
    let of_apply = places(&sandbox);
    sandbox.forget_requests();
    workspace.destroy().succeeded();
    let left = objects(&sandbox.state()[vendor]);
    let destroys = command == Command::Destroy;
    let places = if destroys { places(&sandbox) } else { of_apply };
    assert!(places.len() > 2, "{vendor}");
    for place in places {
        sandbox.set_state(&before);
        if destroys {
            workspace.apply().succeeded();
        }
        inject(fault, vendor, &place, &sandbox);
        // It may fail, or succeed with a warning. The next run is what counts.
        if destroys {
            workspace.destroy()
        } else {
            workspace.apply()
        };
        assert_eq!(sandbox.faults(), 0, "not injected: {vendor}: {place:?}");
        sandbox.clear_faults();
        if !destroys {
            workspace.apply().succeeded();
            assert_eq!(objects(&sandbox.state()[vendor]), wanted, "{vendor}: {place:?}");
            workspace.plan().assert_empty();
        }
        workspace.destroy().succeeded();
        assert_eq!(objects(&sandbox.state()[vendor]), left, "{vendor}: {place:?}");
    }
}

/// Injects the fault, after the requests like it that came before.
fn inject(fault: &Value, vendor: &str, place: &Place, sandbox: &Sandbox) {
    let earlier = json!({"kind": "delay", "delay_ms": 0, "times": place.earlier});
    let faults = if place.earlier > 0 { vec![earlier, fault.clone()] } else { vec![fault.clone()] };
    for mut fault in faults {
        fault["vendor"] = json!(vendor);
        fault["method"] = json!(place.method);
        fault["path"] = json!(place.path);
        sandbox.fault(&fault);
    }
}

/// The requests in the sandbox's log, without ids.
fn places(sandbox: &Sandbox) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for request in sandbox.requests() {
        let path = request["path"].as_str().unwrap();
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let is_id = |part: &str| {
            let digits = part.chars().filter(char::is_ascii_digit).count();
            digits > 0 && (digits == part.len() || part.len() >= 20)
        };
        let parts: Vec<_> = path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect();
        let (method, path) = (request["method"].as_str().unwrap().to_owned(), format!("*{}", parts.join("/")));
        let earlier = places.iter().filter(|place| place.method == method && place.path == path).count();
        places.push(Place { method, path, earlier });
    }
    places
}

/// The objects of a vendor without what differs from one create to the next: ids, times, tokens, and earlier weights.
fn objects(part: &Value) -> Value {
    match part {
        Value::Object(members) => {
            let lasting = |name: &str| {
                let name = name.to_lowercase();
                !["id", "ids", "_at", "ts", "token", "tokens", "limits", "secret_shared_key"]
                    .iter()
                    .any(|end| name.ends_with(end))
            };
            let members = members.iter().filter(|(name, _)| lasting(name)).map(|(name, value)| {
                let now = if name == "weights" { value.as_array().and_then(|sets| sets.last()) } else { None };
                (name.clone(), objects(now.unwrap_or(value)))
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(objects).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

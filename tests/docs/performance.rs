//! The guide about performance has the figures of the record that `make bench` wrote.

use serde_json::Value;

const GUIDE: &str = include_str!("../../docs/guides/performance.md");
const RECORD: &str = include_str!("../../docs/measurements/performance.json");

#[test]
fn guide_has_the_figures_of_the_record() {
    let record: Value = serde_json::from_str(RECORD).unwrap();
    for name in ["machine", "terraform", "provider"] {
        assert!(GUIDE.contains(record[name].as_str().unwrap()), "the guide does not name the {name}");
    }
    let rows: Vec<&Value> = ["growth", "latency"].iter().flat_map(|part| record[part].as_array().unwrap()).collect();
    assert!(rows.len() > 10, "{} rows", rows.len());
    for row in rows {
        let command = if row["apply"].is_object() { "apply" } else { "plan" };
        let seconds = format!("{:.2}", row[command]["seconds"].as_f64().unwrap());
        let (objects, provider) = (row["objects"].as_str().unwrap(), row["provider"].as_str().unwrap());
        let is_shown = GUIDE.lines().any(|line| {
            line.contains(objects)
                && line.contains(&format!("| {provider} |"))
                && line.contains(&format!("| {seconds} |"))
        });
        assert!(is_shown, "the guide does not have {seconds} s for {command} of {objects} by {provider}");
    }
}

//! A form that creates an agent. The crate's rules run in the page at every key.

use agent_registrar::{CreateAgentFields, CreateAgentRequest, Given, Valid, validate_create_agent};
use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

/// A control: its path in the body, its label, and the state of the form that belongs to it.
#[derive(Clone, Copy)]
struct Control {
    path: &'static str,
    label: &'static str,
    text: RwSignal<String>,
    /// Whether the person has typed here, or tried to send the form: only then does the control show its issues.
    is_touched: RwSignal<bool>,
    /// The messages of the API's answer, until the person types here again.
    refused: RwSignal<Vec<String>>,
}

impl Control {
    fn new(path: &'static str, label: &'static str) -> Control {
        Control {
            path,
            label,
            text: RwSignal::new(String::new()),
            is_touched: RwSignal::new(false),
            refused: RwSignal::new(Vec::new()),
        }
    }
}

/// An optional field that is left empty is absent from the body.
fn optional(text: &str) -> Given<'_> {
    match text {
        "" => Given::Absent,
        text => text.into(),
    }
}

/// The request to send, or the messages with the paths of their fields.
type Verdict = Result<CreateAgentRequest, Vec<(String, String)>>;

fn validate([name, environment_id, description, id]: [Control; 4]) -> Verdict {
    let texts = [name, environment_id, description, id].map(|control| control.text.read());
    let fields = CreateAgentFields {
        name: texts[0].as_str().into(),
        environment_id: optional(&texts[1]),
        description: optional(&texts[2]),
        id: optional(&texts[3]),
        ..CreateAgentFields::default()
    };
    match validate_create_agent(fields, None) {
        Ok(Valid { value, .. }) => Ok(value),
        Err(invalid) => Err(invalid
            .issues
            .into_iter()
            .map(|issue| (issue.path.into_owned(), issue.message.into_owned()))
            .collect()),
    }
}

/// Sends the request. Returns what to show below the form; the messages of fields go to their controls.
async fn send(request: CreateAgentRequest, controls: [Control; 4]) -> String {
    let answer = async {
        let request = Request::post("/api/v1/agent").json(&request)?;
        request.send().await?.json::<Value>().await
    };
    let answer = match answer.await {
        Ok(answer) => answer,
        Err(error) => return format!("The API cannot be reached: {error}"),
    };
    if let Some(id) = answer["details"]["id"].as_str() {
        return format!("Created {id}");
    }
    for control in controls {
        let messages = answer["errors"][control.path].as_array();
        let texts = messages.into_iter().flatten().filter_map(Value::as_str);
        control.refused.set(texts.map(str::to_owned).collect());
    }
    answer["message"].as_str().unwrap_or_default().to_owned()
}

#[component]
fn Field(control: Control, verdict: Memo<Verdict>) -> impl IntoView {
    let messages = move || {
        let mut messages = control.refused.get();
        if control.is_touched.get()
            && let Err(issues) = &*verdict.read()
        {
            let own = issues.iter().filter(|(path, _)| path == control.path);
            messages.extend(own.map(|(_, message)| message.clone()));
        }
        messages.join(" ")
    };
    let on_input = move |event| {
        control.text.set(event_target_value(&event));
        control.is_touched.set(true);
        control.refused.set(Vec::new());
    };
    view! {
        <p>
            <label>
                {control.label} " "
                <input
                    name=control.path
                    prop:value=control.text
                    aria-invalid=move || (!messages().is_empty()).to_string()
                    on:input=on_input
                />
            </label>
            " "
            <output data-for=control.path>{messages}</output>
        </p>
    }
}

#[component]
fn AgentForm() -> impl IntoView {
    let controls = [
        Control::new("details.name", "Name"),
        Control::new("details.environment_id", "Environment ID"),
        Control::new("details.description", "Description (optional)"),
        Control::new("details.id", "ID (optional)"),
    ];
    let verdict = Memo::new(move |_| validate(controls));
    let result = RwSignal::new(String::new());
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        for control in controls {
            control.is_touched.set(true);
        }
        if let Ok(request) = verdict.get_untracked() {
            spawn_local(async move { result.set(send(request, controls).await) });
        }
    };
    view! {
        <form novalidate=true on:submit=on_submit>
            {controls.map(|control| view! { <Field control verdict /> })}
            <button>"Create"</button>
            <p role="status">{result}</p>
        </form>
    }
}

fn main() {
    console_error_panic_hook::set_once();
    mount_to_body(AgentForm);
}

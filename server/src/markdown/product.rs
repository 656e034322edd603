//! The product section as Markdown.

use std::fmt::Write as _;

use model::{
    Directive, article,
    sections::{Effort, Priority, Product, Severity},
};

/// The section as Markdown, with one trailing newline.
pub fn product(directive: &Directive, product: &Product) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, directive, product);
    super::ended(&text)
}

fn write(text: &mut String, directive: &Directive, product: &Product) -> std::fmt::Result {
    writeln!(text, "# {}\n", directive.title(120))?;
    if let Some(basis) = &product.basis {
        let called = basis.called.iter().map(|called| format!("{} ({})", called.module, called.words.join(", ")));
        writeln!(text, "> Read as {}: {}\n", basis.kind, called.collect::<Vec<_>>().join("; "))?;
        basis.caveats.iter().try_for_each(|caveat| writeln!(text, "> {caveat}\n"))?;
    }
    writeln!(text, "{}\n\n## The problem\n\n{}\n\n## Who it is for\n", product.summary, product.problem)?;
    for persona in &product.personas {
        writeln!(text, "- **{}** wants to {}. Today {}.", persona.name, persona.goal, persona.pain)?;
    }
    writeln!(text, "\n## What they can do\n")?;
    for feature in &product.features {
        let story = &feature.story;
        writeln!(text, "### {}\n\n*{}, {}*\n", feature.title, priority(feature.priority), effort(feature.effort))?;
        writeln!(text, "As {} {}, I want to {} so that {}.\n", article(&story.who), story.who, story.want, story.so)?;
        feature.criteria.iter().try_for_each(|line| writeln!(text, "- {line}"))?;
        writeln!(text, "\nAnswers: {}\n", feature.answers.join(", "))?;
    }
    writeln!(text, "## What it keeps\n")?;
    for entity in &product.entities {
        writeln!(text, "### {}\n\n{}\n", entity.name, entity.purpose)?;
        for field in &entity.fields {
            writeln!(text, "- {}: {}{}", field.name, field.kind, if field.required { "" } else { " (optional)" })?;
        }
        if !entity.states.is_empty() {
            writeln!(text, "- states: {}", entity.states.join(" → "))?;
        }
        for relation in &entity.relations {
            let role = relation.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
            writeln!(text, "- {} {}{role}", relation.kind, relation.to)?;
        }
        writeln!(text)?;
    }
    writeln!(text, "## How it goes\n")?;
    for journey in &product.journeys {
        writeln!(text, "### {} ({})\n", journey.title, journey.actor)?;
        journey.steps.iter().zip(1..).try_for_each(|(step, nth)| writeln!(text, "{nth}. {step}"))?;
        writeln!(text)?;
    }
    writeln!(text, "## How you know it works\n")?;
    for metric in &product.metrics {
        writeln!(text, "- **{}**: {}. {}", metric.name, metric.target, metric.measure)?;
    }
    writeln!(text, "\n## What can go wrong\n")?;
    for risk in &product.risks {
        writeln!(text, "- **{}**: {} Therefore: {}", severity(risk.severity), risk.text, risk.mitigation)?;
    }
    writeln!(text, "\n## Left out on purpose\n")?;
    product.out_of_scope.iter().try_for_each(|left| writeln!(text, "- **{}**: {}", left.what, left.why))
}

fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Must => "must",
        Priority::Should => "should",
        Priority::Could => "could",
    }
}

fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::S => "days",
        Effort::M => "a week or two",
        Effort::L => "about a month",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    }
}

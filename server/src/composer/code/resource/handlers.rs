//! The handlers: who calls, what they say, one statement, an answer.

use crate::composer::code::{
    layout::{Expr, Source},
    names::literal,
    service::{Call, Col, Deed, Resource},
};

pub fn write(out: &mut Source, resource: &Resource<'_>) {
    for call in &resource.calls {
        out.doc(0, &call.operation.summary);
        match &call.deed {
            Deed::List(_) => list(out, resource, call),
            Deed::Create => create(out, resource, call),
            Deed::Read => read(out, resource, call),
            Deed::Change => change(out, resource, call),
            Deed::Remove => remove(out, resource, call),
            Deed::Step { verb, from, to, .. } => step(out, resource, call, &Way { verb, from, to }),
        }
    }
    if resource.creates().is_some() {
        insert(out, resource);
    }
    let finds = |deed: &Deed| matches!(deed, Deed::Create | Deed::Read | Deed::Step { .. });
    if resource.call(finds).is_some() {
        find(out, resource);
    }
    if resource.steps().next().is_some() {
        take(out, resource);
    }
}

/// A step, in words.
struct Way<'w> {
    verb: &'w str,
    from: &'w [String],
    to: &'w str,
}

/// The first lines of every handler: what it takes, what it gives, and who may call it.
fn opening(out: &mut Source, call: &Call<'_>, takes: &[&str], gives: &str) {
    let caller = if call.roles.is_empty() { "_: Caller" } else { "caller: Caller" };
    let caller = if takes.contains(&"key: Key") { "caller: Caller" } else { caller };
    let takes = ["State(db): State<PgPool>", caller].into_iter().chain(takes.iter().copied()).map(str::to_owned);
    let head = format!("async fn {}(", call.handler);
    out.line(Expr::list(&head, takes, &format!(" -> {gives} {{")).alone(0));
    if !call.roles.is_empty() {
        let roles = call.roles.iter().map(|role| format!("Role::{role}"));
        out.line(Expr::list("caller.must_be(&[", roles, ")?;").alone(4));
    }
}

fn list(out: &mut Source, resource: &Resource<'_>, call: &Call<'_>) {
    let name = &resource.type_name;
    opening(out, call, &["Query(by): Query<Filters>"], &format!("Answer<Page<{name}>>"));
    let filters = resource.filters().map(|column| format!(".bind(by.{})", column.field));
    let paging = ["time", "id"].map(|part| format!(".bind(by.cursor.{part})"));
    let calls = paging.into_iter().chain([".bind(by.limit.and_one())".to_owned()]).chain(filters);
    out.line(query("LIST", calls, ".fetch_all(&db)").after(4, "let rows ="));
    out.line(format!("    Ok(Json(Page::of(rows, by.limit, {name}::place)))")).line("}").gap();
}

fn create(out: &mut Source, resource: &Resource<'_>, call: &Call<'_>) {
    let name = &resource.type_name;
    opening(out, call, &["key: Key", "body: Body"], &format!("Result<Created<{name}>, Problem>"));
    let new = if resource.given().next().is_some() {
        out.line(format!("    let new = New{name}::read(&body)?;"));
        ", new"
    } else {
        out.line("    body.read(|_| ())?;");
        ""
    };
    out.line("    let mut tx = db.begin().await?;");
    let claim = format!("key.claim(&mut tx, &caller, \"{}\", &body).await?", resource.table);
    out.line(format!("    let made = match {claim} {{"));
    out.line(format!("        Claim::New(id) => insert(&mut tx, id{new}).await?,"));
    out.line("        Claim::Made(id) => find(&mut *tx, id).await?,").line("    };");
    out.line("    tx.commit().await?;");
    out.line(format!("    Ok(Created::at({}, made.id, made))", literal(&call.operation.path))).line("}").gap();
}

fn read(out: &mut Source, resource: &Resource<'_>, call: &Call<'_>) {
    opening(out, call, &["Id(id): Id"], &format!("Answer<{}>", resource.type_name));
    out.line("    find(&db, id).await.map(Json)").line("}").gap();
}

fn change(out: &mut Source, resource: &Resource<'_>, call: &Call<'_>) {
    opening(out, call, &["Id(id): Id", "body: Body"], &format!("Answer<{}>", resource.type_name));
    if resource.changeable().next().is_none() {
        out.line("    body.read_changes(|_| ())?;");
        out.line("    find(&db, id).await.map(Json)").line("}").gap();
        return;
    }
    out.line(format!("    let changes = {}Changes::read(&body)?;", resource.type_name));
    let binds = resource.changeable().flat_map(|column| {
        let field = &column.field;
        if column.nullable {
            vec![format!(".bind(changes.{field}.is_some())"), format!(".bind(changes.{field}.flatten())")]
        } else {
            vec![format!(".bind(changes.{field})")]
        }
    });
    let calls = [".bind(id)".to_owned()].into_iter().chain(binds);
    out.line(query("CHANGE", calls, ".fetch_optional(&db)").after(4, "let changed ="));
    out.line(format!("    changed.map(Json).ok_or(Problem::Missing(\"{}\"))", resource.noun)).line("}").gap();
}

fn remove(out: &mut Source, resource: &Resource<'_>, call: &Call<'_>) {
    opening(out, call, &["Id(id): Id"], "Result<StatusCode, Problem>");
    let noun = &resource.noun;
    out.line("    let removed = sqlx::query(sql::REMOVE).bind(id).execute(&db).await;");
    out.line(format!("    match removed.map_err(|error| Problem::of_removal(error, \"{noun}\"))?.rows_affected() {{"));
    out.line(format!("        0 => Err(Problem::Missing(\"{noun}\")),"));
    out.line("        _ => Ok(StatusCode::NO_CONTENT),").line("    }").line("}").gap();
}

fn step(out: &mut Source, resource: &Resource<'_>, call: &Call<'_>, way: &Way<'_>) {
    let Some(state) = resource.state() else { return };
    opening(out, call, &["Id(id): Id"], &format!("Answer<{}>", resource.type_name));
    let word = |text: &str| variant(state, text);
    let from = Expr::list("&[", way.from.iter().map(|text| word(text)), "");
    let fields = [
        format!("verb: {}", literal(way.verb)),
        from.after(8, "from:").trim_start().to_owned(),
        format!("to: {}", word(way.to)),
    ];
    out.line(Expr::list("Step {", fields, ";").after(4, "let step ="));
    out.line("    take(&db, id, step).await").line("}").gap();
}

/// `OfferState::Open`.
fn variant(state: &Col, text: &str) -> String {
    let word = state.words.iter().find(|word| word.text == text).or(state.words.first());
    format!("{}::{}", state.enum_name, word.map_or("", |word| &word.variant))
}

fn insert(out: &mut Source, resource: &Resource<'_>) {
    let name = &resource.type_name;
    let mut takes = vec!["db: &mut PgConnection".to_owned(), "id: Uuid".to_owned()];
    if resource.given().next().is_some() {
        takes.push(format!("new: New{name}"));
    }
    out.line(Expr::list("async fn insert(", takes, &format!(" -> Result<{name}, Problem> {{")).alone(0));
    let binds = resource.given().map(|column| format!(".bind(new.{})", column.field));
    let calls = [".bind(id)".to_owned()].into_iter().chain(binds);
    out.line(query("CREATE", calls, ".fetch_one(db)").after(4, "let made ="));
    out.line("    Ok(made)").line("}").gap();
}

fn find(out: &mut Source, resource: &Resource<'_>) {
    let name = &resource.type_name;
    out.line(format!("async fn find(db: impl PgExecutor<'_>, id: Uuid) -> Result<{name}, Problem> {{"));
    out.line("    let found = sqlx::query_as(sql::READ).bind(id).fetch_optional(db).await?;");
    out.line(format!("    found.ok_or(Problem::Missing(\"{}\"))", resource.noun)).line("}").gap();
}

fn take(out: &mut Source, resource: &Resource<'_>) {
    let Some(state) = resource.state() else { return };
    let (name, words) = (&resource.type_name, &state.enum_name);
    out.line("/// Takes a step in one guarded update: of two callers at once, one finds the state changed.");
    let takes = ["db: &PgPool".to_owned(), "id: Uuid".to_owned(), format!("step: Step<{words}>")];
    out.line(Expr::list("async fn take(", takes, &format!(" -> Answer<{name}> {{")).alone(0));
    let binds = [".bind(id)", ".bind(step.from)", ".bind(step.to)"].map(str::to_owned);
    out.line(query("STEP", binds, ".fetch_optional(db)").after(4, "let taken: Option<_> ="));
    out.line("    match taken {").line("        Some(row) => Ok(Json(row)),").line("        None => {");
    out.line("            let row = find(db, id).await?;");
    out.line(format!("            step.was_taken(row.{})?;", state.field));
    out.line("            Ok(Json(row))").line("        }").line("    }").line("}").gap();
}

/// A query of the file's SQL, its values, and how its rows are fetched.
fn query(statement: &str, binds: impl IntoIterator<Item = String>, fetch: &str) -> Expr {
    let calls = binds.into_iter().chain([fetch.to_owned(), ".await?".to_owned()]);
    Expr::chain(&format!("sqlx::query_as(sql::{statement})"), calls, ";")
}

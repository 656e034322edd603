//! The console of the queue, as an administrator's browser reaches it, and as everybody else does not.

use std::time::Duration;

use axum::http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use server::{
    accounts::Change,
    jobs::{Found, Job, JobState, JobsError, Options, Schedule, Selection},
};
use uuid::Uuid;

use crate::{
    browser::{Answer, Browser, EMAIL, administrator, member},
    support::{Instance, Scratch},
};

const DEAD: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
const PAGES: [&str; 5] = ["/jobs", "/jobs/list", "/jobs/dead", "/jobs/list?state=ready", "/jobs/dead?kind=count-bells"];

/// A job that nobody here does.
#[derive(Debug, Serialize, Deserialize)]
struct CountBells {
    village: String,
}

impl Job for CountBells {
    const KIND: &'static str = "count-bells";
}

fn bells(village: &str) -> CountBells {
    CountBells { village: village.to_owned() }
}

fn tomorrow() -> Options {
    Options { delay: Some(Duration::from_secs(86_400)), ..Options::default() }
}

async fn publish(instance: &Instance, village: &str, options: &Options) -> Uuid {
    instance.services.jobs.publish_now(&bells(village), options).await.unwrap().id
}

/// A dead letter of a kind that this program does not know, with words that would like to be markup.
async fn give_up(scratch: &Scratch) {
    scratch
        .break_it(
            "insert into jobs_dead (id, kind, queue, payload, priority, max_attempts, attempt, crashes, cause, error, created_at)
             values ('01920000-0000-7000-8000-000000000001', 'ring-bells', 'usual', '{\"village\":\"</pre><script>alert(1)</script>\"}',
                     1, 3, 3, 1, 'attempts', 'the rope <b>tore</b>', now() - interval '1 hour')",
        )
        .await;
}

/// Fills the given number of dead letters in, a second apart.
async fn give_up_many(scratch: &Scratch) {
    scratch
        .break_it(
            "insert into jobs_dead (id, kind, queue, payload, priority, max_attempts, attempt, crashes, cause, error, created_at, died_at)
             select gen_random_uuid(), 'count-bells', 'usual', '{\"village\":\"Aldea ' || n || '\"}', 1, 3, 3, 0, 'refused', 'village ' || n || '.',
                    now(), now() - make_interval(secs => n)
             from generate_series(1, 60) as n",
        )
        .await;
}

/// A page as somebody reads it. What is outside of the router has no link to skip to the content.
fn text(answer: &Answer) -> String {
    let mut text = String::new();
    for part in answer.body.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    text.replace("Skip to content", "")
}

fn led_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location()
}

#[tokio::test(flavor = "multi_thread")]
async fn for_everybody_but_an_administrator_there_is_no_console() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let job = publish(&instance, "Alte", &tomorrow()).await;
    give_up(&scratch).await;
    let mut somebody = member(&scratch, &instance).await;
    let mut guest = Browser::of(&instance);
    guest.form("/fn/sign_up", "name=Kim&email=kim%40mail.example&password=violet+harbour+rope").await;
    assert!(guest.cookie.is_some(), "whoever has not followed the link is a guest");
    for browser in [&mut Browser::of(&instance), &mut guest, &mut somebody] {
        let nowhere = browser.page("/nowhere").await;
        let one = format!("/jobs/{job}");
        for page in PAGES.into_iter().chain([one.as_str(), "/jobs/nothing"]) {
            let answer = browser.page(page).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}");
            assert_eq!(text(&answer), text(&nowhere), "{page} tells nothing");
        }
        let fields = format!("job={job}&schedule=tidy&back=%2Fjobs");
        let dead = format!("job={DEAD}");
        for function in ["cancel_job", "hurry_job", "pause_schedule", "resume_schedule", "redrive_jobs"] {
            assert_eq!(browser.form(&format!("/fn/{function}"), &fields).await.status, StatusCode::NOT_FOUND);
        }
        for function in ["redrive_job", "bury_job"] {
            assert_eq!(browser.form(&format!("/fn/{function}"), &dead).await.status, StatusCode::NOT_FOUND);
        }
        assert!(!browser.page("/projects").await.body.contains("href=\"/jobs\""), "nor is there a link to it");
    }
    let waiting = instance.services.jobs.list(&Selection::default()).await.unwrap();
    assert!(waiting.iter().any(|waiting| waiting.id == job && waiting.state == "scheduled"));
    assert!(matches!(instance.services.jobs.find(DEAD).await, Ok(Found::Dead(_))));

    instance.services.accounts.administer(EMAIL, Change::Promote).await.unwrap();
    assert_eq!(somebody.page("/jobs").await.status, StatusCode::OK);
    instance.services.accounts.administer(EMAIL, Change::Demote).await.unwrap();
    assert_eq!(somebody.page("/jobs").await.status, StatusCode::NOT_FOUND, "at once, not when the session ends");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_was_published_pages_say_what_will_be_here() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = administrator(&scratch, &instance).await;
    // What an account has left.
    scratch.break_it_all("delete from jobs; delete from job_minutes; delete from job_workers").await;
    let overview = browser.page("/jobs").await;
    for words in ["Nothing waits and nothing runs", "will be drawn here", "Nobody works", "No schedule is set down yet"]
    {
        assert!(overview.body.contains(words), "{words}");
    }
    assert!(browser.page("/jobs/list").await.body.contains("stands here until it is over"));
    assert!(browser.page("/jobs/dead").await.body.contains("Nothing was given up"));
    assert!(browser.page("/projects").await.body.contains("href=\"/jobs\""), "an administrator has a link");
    assert!(!browser.page("/").await.body.contains("href=\"/jobs\""), "a page for everybody has not");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_everything_at_a_glance() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = administrator(&scratch, &instance).await;
    publish(&instance, "Alte", &Options::default()).await;
    publish(&instance, "Salir", &tomorrow()).await;
    give_up(&scratch).await;
    let nightly =
        Schedule { name: "bells".to_owned(), cron: "30 4 * * *".to_owned(), zone: "Europe/Lisbon".to_owned() };
    instance.services.jobs.schedule(&nightly, &bells("all")).await.unwrap();
    // So many that what making an account took, however long, changes little.
    scratch
        .break_it(
            "insert into job_minutes (kind, minute, published, done, failed, dead, waits, runs)
             values ('count-bells', date_trunc('minute', now()), 1200, 1000, 200, 100, '{600,600,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}',
                     '{0,0,0,1100,0,0,0,0,0,0,100,0,0,0,0,0,0,0,0,0}')",
        )
        .await;
    let page = browser.page("/jobs").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    assert!(!page.body.contains("<script") && page.body.ends_with("</html>"));
    for words in ["count-bells", "ring-bells", "30 4 * * *", "Europe/Lisbon", "at most 120"] {
        assert!(page.body.contains(words), "{words}");
    }
    assert!(
        page.body
            .contains("Of the jobs of the last hour half took no longer than 8 ms, and 95 of 100 no longer than 1 s")
    );
    assert!(page.body.contains("1 dead letter of ring-bells") && page.body.contains("/jobs/dead?kind=ring-bells"));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_begins_now_or_never_and_twice_is_once() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = administrator(&scratch, &instance).await;
    let (soon, never) = (publish(&instance, "Alte", &tomorrow()).await, publish(&instance, "Salir", &tomorrow()).await);
    let list = browser.page("/jobs/list?state=scheduled&kind=count-bells").await.body;
    assert!(list.contains(&soon.to_string()) && list.contains(&never.to_string()) && list.contains("Run now"));
    assert!(!browser.page("/jobs/list?state=running").await.body.contains(&soon.to_string()));

    let back = "%2Fjobs%2Flist%3Fstate%3Dscheduled";
    for told in ["hurried", "nothing"] {
        let answer = browser.form("/fn/hurry_job", &format!("job={soon}&back={back}")).await;
        assert_eq!(led_to(&answer), format!("/jobs/list?state=scheduled&done={told}"));
    }
    let ready = Selection { state: Some(JobState::Ready), kind: Some("count-bells".to_owned()), before: None };
    assert_eq!(instance.services.jobs.list(&ready).await.unwrap()[0].id, soon);

    for told in ["cancelled", "nothing"] {
        let answer = browser.form("/fn/cancel_job", &format!("job={never}&back=%2Fjobs%2F{never}")).await;
        assert_eq!(led_to(&answer), format!("/jobs/{never}?done={told}"));
    }
    let over = browser.page(&format!("/jobs/{never}?done=cancelled")).await;
    assert!(over.body.contains("Nobody does the job any more") && over.body.contains("<dd>cancelled"), "{}", over.body);
    for elsewhere in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2Fprojects", ""] {
        let answer = browser.form("/fn/cancel_job", &format!("job={never}&back={elsewhere}")).await;
        assert_eq!(led_to(&answer), "/jobs?done=nothing", "{elsewhere:?}");
    }
    for bad in ["x", "", "%00"] {
        let answer = browser.form("/fn/cancel_job", &format!("job={bad}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{bad:?}");
    }
    assert_eq!(browser.page("/jobs/list?before=x").await.status, StatusCode::BAD_REQUEST);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_tells_why_is_shown_as_text_and_is_redriven_or_forgotten() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = administrator(&scratch, &instance).await;
    give_up(&scratch).await;
    for path in ["/jobs/dead".to_owned(), "/jobs/dead?kind=ring-bells".to_owned(), format!("/jobs/{DEAD}")] {
        let page = browser.page(&path).await.body;
        assert!(page.contains("failed too often") && page.contains("3 attempts, 1 crashed"), "{path}");
        assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("&lt;b&gt;tore"), "{path}");
        assert!(!page.contains("<script") && !page.contains("<b>"), "{path}");
    }
    assert!(!browser.page("/jobs/dead?kind=count-bells").await.body.contains("ring-bells "));
    for told in ["redriven", "nothing"] {
        let answer = browser.form("/fn/redrive_job", &format!("job={DEAD}&back=%2Fjobs%2F{DEAD}")).await;
        assert_eq!(led_to(&answer), format!("/jobs/{DEAD}?done={told}"));
    }
    let page = browser.page(&format!("/jobs/{DEAD}?done=redriven")).await.body;
    assert!(
        page.contains("Published again") && page.contains("<dd>suspect"),
        "it crashed before, and begins carefully"
    );
    instance.services.jobs.cancel(DEAD).await.unwrap();

    scratch.break_it("delete from jobs_finished").await;
    give_up(&scratch).await;
    for told in ["buried", "nothing"] {
        let answer = browser.form("/fn/bury_job", &format!("job={DEAD}&back=%2Fjobs%2Fdead")).await;
        assert_eq!(led_to(&answer), format!("/jobs/dead?done={told}"));
    }
    assert!(matches!(instance.services.jobs.find(DEAD).await, Err(JobsError::NotFound)));
    assert_eq!(browser.page(&format!("/jobs/{DEAD}")).await.status, StatusCode::NOT_FOUND);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_dead_letters_come_a_page_at_a_time_and_are_redriven_together() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = administrator(&scratch, &instance).await;
    give_up(&scratch).await;
    give_up_many(&scratch).await;
    let first = browser.page("/jobs/dead?kind=count-bells").await.body;
    let older = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let second = browser.page(&older).await.body;
    for n in 1..=60 {
        let words = format!(">village {n}.");
        assert_eq!((first.contains(&words), second.contains(&words)), (n <= 50, n > 50), "{words}");
    }
    assert!(!second.contains("rel=\"next\"") && second.contains("rel=\"first\""));
    assert_eq!(browser.page("/jobs/dead?before=x").await.status, StatusCode::BAD_REQUEST);

    for told in ["redriven&count=60", "nothing"] {
        let answer = browser.form("/fn/redrive_jobs", "kind=count-bells&back=%2Fjobs%2Fdead").await;
        assert_eq!(led_to(&answer), format!("/jobs/dead?done={told}"));
    }
    assert!(
        browser.page("/jobs/dead?done=redriven&count=60").await.body.contains("60 dead letters are published again.")
    );
    let page = browser.page("/jobs/list?kind=count-bells").await.body;
    assert_eq!(page.matches("<tr>").count(), 51, "a head, and fifty jobs");
    let older = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    assert_eq!(browser.page(&older).await.body.matches("<tr>").count(), 11);
    assert!(matches!(instance.services.jobs.find(DEAD).await, Ok(Found::Dead(_))), "another kind stays where it is");
    assert_eq!(led_to(&browser.form("/fn/redrive_jobs", "").await), "/jobs?done=redriven&count=1");
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_paused_and_goes_on_and_twice_is_once() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = administrator(&scratch, &instance).await;
    let yearly = Schedule { name: "bells & ropes".to_owned(), cron: "0 0 1 1 *".to_owned(), zone: "UTC".to_owned() };
    instance.services.jobs.schedule(&yearly, &bells("all")).await.unwrap();
    let before = instance.services.jobs.schedules().await.unwrap().remove(0);
    let form = "schedule=bells+%26+ropes&back=%2Fjobs";
    let mut since = Vec::new();
    for _ in 0..2 {
        assert_eq!(led_to(&browser.form("/fn/pause_schedule", form).await), "/jobs?done=paused");
        since.push(instance.services.jobs.schedules().await.unwrap().remove(0).paused_at.unwrap());
    }
    assert_eq!(since[0], since[1]);
    let page = browser.page("/jobs?done=paused").await.body;
    assert!(page.contains("The schedule is paused") && page.contains("Resume: bells &amp; ropes"));
    // One that is due while it is not paused is not skipped by a second wish to resume it.
    assert_eq!(led_to(&browser.form("/fn/resume_schedule", form).await), "/jobs?done=resumed");
    assert_eq!(instance.services.jobs.schedules().await.unwrap().remove(0).next_at, before.next_at);
    scratch.break_it("update job_schedules set next_at = now() - interval '1 second'").await;
    let due = instance.services.jobs.schedules().await.unwrap().remove(0);
    assert_eq!(led_to(&browser.form("/fn/resume_schedule", form).await), "/jobs?done=resumed");
    let after = instance.services.jobs.schedules().await.unwrap().remove(0);
    assert_eq!((after.next_at, after.paused_at), (due.next_at, None));
    assert_eq!(led_to(&browser.form("/fn/pause_schedule", "schedule=none").await), "/jobs?done=nothing");
    scratch.finish([instance]).await;
}

#include <gmock/gmock.h>

#include "host/text/sha256.hpp"
#include "unit/store/store_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

StoredEntry entry(int position, EntryKind kind, const std::string& step, const std::string& task = "") {
  StoredEntry made;
  made.entry.position = position;
  made.entry.kind = kind;
  made.entry.step_id = step;
  made.entry.task = task.empty() ? 0 : 1;
  made.task_id = task;
  return made;
}

StoredAnswer answer(const std::string& field, const std::string& value, bool is_final = false) {
  StoredAnswer made;
  made.position = 1;
  made.field = field;
  made.value = value;
  made.is_final = is_final;
  return made;
}

StoredStepEnd end_of(int position, const std::string& result) {
  StoredStepEnd made;
  made.position = position;
  made.result = result;
  return made;
}

class FlowTablesTest : public StoreTest {
 protected:
  FlowTablesTest() { add_worker("worker.a"); }

  Fence add(const std::string& access_code) { return acquire(add_participant(access_code), "worker.a").fence; }
  void write(const Fence& fence, const std::function<void(ParticipantSteps&)>& job) {
    run([&](StoreTransaction& t) { job(*t.steps(fence)); });
  }
  FlowRecord flow(const Fence& fence) { return progress(fence.participant).flow; }
  /// The state that `tellina participants list` shows.
  std::string listed_state() {
    return get<std::string>([](StoreTransaction& t) { return t.list_participants(1).front().state; });
  }
};

TEST_F(FlowTablesTest, WhatIsWrittenIsReadBack) {
  const Fence bob = add("bob");
  EXPECT_EQ(listed_state(), "new");
  write(bob, [&](ParticipantSteps& steps) {
    steps.store_schedule({entry(1, EntryKind::questionnaire, "about"), entry(2, EntryKind::task, "tasks-1", "one")},
                         "hash", now());
    steps.show(1, 1, now());
    steps.keep_answer(answer("years", "3"), now());
    steps.keep_answer(answer("years", "4"), now());
    steps.keep_answer(answer("likes", R"(["a","b"])"), now());
  });
  EXPECT_EQ(listed_state(), "ready");
  pass(seconds(5));
  FlowRecord record = flow(bob);
  ASSERT_EQ(record.schedule.size(), 2U);
  EXPECT_EQ(record.schedule[0], entry(1, EntryKind::questionnaire, "about").entry);
  EXPECT_EQ(record.schedule[1], entry(2, EntryKind::task, "tasks-1", "one").entry);
  ASSERT_EQ(record.steps.size(), 1U);
  EXPECT_EQ(clock.now() - record.steps[0].shown_at, seconds(5));
  EXPECT_FALSE(record.steps[0].result.has_value());
  EXPECT_EQ(record.answers.at("years"), 4);
  EXPECT_EQ(record.answers.at("likes").as_array().size(), 2U);
  EXPECT_EQ(progress(bob.participant).state_number, 1);

  StoredStepEnd end = end_of(1, "submitted");
  end.answers = {answer("years", "4", true)};
  write(bob, [&](ParticipantSteps& steps) { steps.leave(end, now()); });
  EXPECT_EQ(flow(bob).steps.at(0).result, "submitted");
  EXPECT_EQ(progress(bob.participant).state_number, 2);
  Reader reader(path);
  EXPECT_THAT(reader.rows("SELECT participant_id, step_id, kind, result, seconds FROM steps"),
              ElementsAre("P001|about|questionnaire|submitted|5.0"));
  EXPECT_THAT(reader.rows("SELECT step_id, field, value FROM answers"), ElementsAre("about|years|4"))
      << "only what was submitted";
  EXPECT_THAT(reader.rows("SELECT position, kind, task, reached FROM schedule"),
              ElementsAre("1|questionnaire|NULL|1", "2|task|one|0"));
}

TEST_F(FlowTablesTest, AStepIsLeftOnce) {
  const Fence bob = add("bob");
  write(bob, [&](ParticipantSteps& steps) { steps.show(1, 1, now()); });
  write(bob, [&](ParticipantSteps& steps) { steps.leave(end_of(1, "read"), now()); });
  const Error again =
      error_of([&] { write(bob, [&](ParticipantSteps& steps) { steps.leave(end_of(1, "refused"), now()); }); });
  EXPECT_EQ(again.code(), ErrorCode::bad_request);
  EXPECT_EQ(flow(bob).steps.at(0).result, "read");
  EXPECT_THROW(write(bob, [&](ParticipantSteps& steps) { steps.show(1, 1, now()); }), StoreError)
      << "this try was shown before";
}

TEST_F(FlowTablesTest, AGroupIsChosenFromWhatTheStageHasAndKept) {
  const auto choose = [&](const Fence& fence, std::vector<std::string>* seen) {
    std::optional<GroupChoice> choice;
    write(fence, [&](ParticipantSteps& steps) {
      steps.set_last_seen("pilot", now());
      choice = steps.choose_group(
          [&](const std::vector<AssignedParticipant>& participants, const Arrival& arrival,
              std::chrono::nanoseconds) -> std::optional<GroupChoice> {
            for (const AssignedParticipant& one : participants) seen->push_back(one.group);
            if (arrival.number == 3) return std::nullopt;
            GroupChoice made;
            made.group = std::to_string(arrival.number);
            made.stage = arrival.stage;
            made.arrival_number = arrival.number;
            return made;
          },
          now());
    });
    return choice ? choice->group : "none";
  };
  std::vector<std::string> seen;
  const Fence bob = add("bob");
  EXPECT_EQ(choose(bob, &seen), "1");
  EXPECT_THAT(seen, IsEmpty());
  EXPECT_TRUE(flow(bob).has_group);
  EXPECT_EQ(choose(add("alice"), &seen), "2");
  EXPECT_THAT(seen, ElementsAre("1"));
  seen.clear();
  const Fence carol = add("carol");
  EXPECT_EQ(choose(carol, &seen), "none");
  EXPECT_FALSE(flow(carol).has_group);
  Reader reader(path);
  reader.execute("UPDATE participants SET excluded_at = 'now' WHERE access_code = 'alice'");
  seen.clear();
  choose(carol, &seen);
  EXPECT_THAT(seen, ElementsAre("1")) << "excluded participants hold no place";

  run([&](StoreTransaction& t) { t.reset_participant("bob", now()); });
  EXPECT_FALSE(flow(bob).has_group);
  EXPECT_EQ(choose(acquire(bob.participant, "worker.a").fence, &seen), "1") << "a reset keeps the group";
  EXPECT_THAT(reader.rows("SELECT participant_id, stage, group_name FROM people"),
              ElementsAre("P001|pilot|1", "P002|pilot|2", "P003|pilot|NULL"));
}

TEST_F(FlowTablesTest, BotsAndPeopleDoNotCountEachOther) {
  const auto choose = [&](const std::string& code) {
    ParticipantId added = 0;
    run([&](StoreTransaction& t) {
      code.starts_with("bot") ? t.add_bot(code, now()) : t.add_participant(code, now());
      added = *t.find_participant(code);
    });
    std::string seen;
    write(acquire(added, "worker.a").fence, [&](ParticipantSteps& steps) {
      steps.set_last_seen("main", now());
      steps.choose_group(
          [&](const std::vector<AssignedParticipant>& participants, const Arrival& arrival, std::chrono::nanoseconds) {
            seen = std::to_string(arrival.number);
            for (const AssignedParticipant& one : participants) seen += " " + one.group;
            GroupChoice made;
            made.group = code;
            made.arrival_number = arrival.number;
            return std::optional(made);
          },
          now());
    });
    return seen;
  };
  EXPECT_EQ(choose("bot-1"), "1");
  EXPECT_EQ(choose("bob"), "1");
  EXPECT_EQ(choose("bot-2"), "2 bot-1");
  EXPECT_EQ(choose("alice"), "2 bob");
  run([&](StoreTransaction& t) {
    const std::vector<BotSummary> bots = t.list_bots();
    ASSERT_EQ(bots.size(), 2U);
    EXPECT_EQ(bots[1].label + " " + bots[1].access_code + " " + bots[1].group, "P003 bot-2 bot-2");
    const std::vector<AssignedParticipant> people = t.list_assigned("main", now());
    ASSERT_EQ(people.size(), 2U);
    EXPECT_EQ(people[0].group + " " + people[1].group, "bob alice");
    EXPECT_TRUE(t.list_assigned("pilot", now()).empty());
  });
  EXPECT_THAT(Reader(path).rows("SELECT participant_id, is_bot FROM people"),
              ElementsAre("P001|1", "P002|0", "P003|1", "P004|0"));
}

TEST_F(FlowTablesTest, AResetBeginsAnew) {
  const Fence bob = add("bob");
  write(bob, [&](ParticipantSteps& steps) {
    steps.store_schedule({entry(1, EntryKind::page, "page-1")}, "hash", now());
    steps.show(1, 1, now());
    steps.leave(end_of(1, "read"), now());
    steps.record_outcome(Outcome::completed, "CODE", now());
  });
  EXPECT_EQ(flow(bob).outcome, Outcome::completed);
  EXPECT_EQ(listed_state(), "finished");
  run([&](StoreTransaction& t) { t.reset_participant("bob", now()); });
  const FlowRecord record = flow(bob);
  EXPECT_FALSE(record.outcome.has_value());
  EXPECT_THAT(record.schedule, IsEmpty());
  EXPECT_THAT(record.steps, IsEmpty());
  EXPECT_EQ(record.completion_code, "");
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM steps"), "1") << "the record of the first attempt stays";
}

TEST_F(FlowTablesTest, ErasingLeavesTheParticipantAndNobodyElsesRows) {
  for (const char* const code : {"bob", "alice"}) {
    const Fence fence = add(code);
    write(fence, [&](ParticipantSteps& steps) {
      steps.store_schedule({entry(1, EntryKind::page, "page-1")}, "hash", now());
      steps.show(1, 1, now());
      steps.keep_answer(answer("name", "\"secret of " + std::string(code) + "\""), now());
    });
    const TaskSessionRow session = begin(fence, 1);
    append(fence, session.id, {InputRecord(0, "typed by " + std::string(code), now())});
    // Both have the same file, and one of their own.
    const std::string own = sha256(code);
    const std::string line = "[\"a\",\"file\",\"0644\",\"me\",1,null,\"" + sha256("shared") + "\"]\n";
    const std::string listing = line + "[\"b\",\"file\",\"0644\",\"me\",1,null,\"" + own + "\"]\n";
    run([&](StoreTransaction& t) {
      for (const std::string& content :
           {std::string("shared"), std::string(code), "later " + std::string(code), listing}) {
        t.keep_content(sha256(content), content);
      }
    });
    StateRecord first;
    first.tree_sha256 = sha256(listing);
    first.at = now();
    StateRecord second = first;
    second.tree_sha256 = std::string(64, '0');
    second.command_number = 1;
    second.changes = "[[\"b\",\"file\",\"0644\",\"me\",1,null,\"" + sha256("later " + std::string(code)) + "\"]]";
    append(fence, session.id, {first, second, CheckRecord(1, CheckTrigger::command, Progress(), now())});
    end(fence, session.id, TaskSessionState::passed);
  }
  const Fence bob = acquire(1, "worker.a").fence;
  write(bob, [&](ParticipantSteps& steps) {
    steps.record_outcome(Outcome::withdrew, "", now());
    steps.erase(now());
  });
  Reader reader(path);
  for (const char* const table : {"task_sessions", "recorded_schedule", "recorded_steps", "recorded_answers"}) {
    EXPECT_THAT(reader.rows(std::string("SELECT DISTINCT participant_id FROM ") + table), ElementsAre("2")) << table;
  }
  EXPECT_THAT(reader.rows("SELECT bytes FROM input_bytes"), ElementsAre("typed by alice"));
  for (const char* const table : {"recorded_states", "recorded_checks"}) {
    EXPECT_THAT(reader.rows(std::string("SELECT DISTINCT task_session_id FROM ") + table), ElementsAre("2")) << table;
  }
  EXPECT_THAT(reader.rows("SELECT bytes FROM blobs WHERE length(bytes) < 20"),
              ::testing::UnorderedElementsAre("shared", "alice", "later alice"));
  EXPECT_THAT(reader.rows("SELECT count(*) FROM blobs"), ElementsAre("4")) << "and alice's listing";
  EXPECT_THAT(reader.rows("SELECT participant_id, outcome FROM people"), ElementsAre("P001|withdrew", "P002|NULL"));
  EXPECT_THAT(reader.rows("SELECT participant_id, kind FROM event_log WHERE participant_id = 'P001'"),
              ElementsAre("P001|erased"));
}

TEST_F(FlowTablesTest, ADesignStaysWhileSomeoneIsUnderWay) {
  const Fence bob = add("bob");
  Study study;
  study.design.hash = "other";
  const auto sync = [&] { run([&](StoreTransaction& t) { t.sync_tasks(study, "study.yaml", now()); }); };
  EXPECT_NO_THROW(sync());
  write(bob,
        [&](ParticipantSteps& steps) { steps.store_schedule({entry(1, EntryKind::page, "page-1")}, "hash", now()); });
  EXPECT_THAT(
      error_of(sync).what(),
      ::testing::StartsWith("study.yaml: P001 has begun this study; its blocks, treatments, questionnaires, flow "
                            "and groups must not change"));
  study.design.hash = "hash";
  EXPECT_NO_THROW(sync());
  study.design.hash = "other";
  write(bob, [&](ParticipantSteps& steps) { steps.record_outcome(Outcome::completed, "", now()); });
  EXPECT_NO_THROW(sync()) << "nobody is under way any more";
}

TEST_F(FlowTablesTest, AKeyOfTheDatabaseIsMadeOnce) {
  const Fence bob = add("bob");
  std::vector<Bytes> keys;
  for (const char* const candidate : {"first", "second"}) {
    write(bob, [&](ParticipantSteps& steps) { keys.push_back(steps.find_key("completion_code", candidate)); });
  }
  EXPECT_THAT(keys, ElementsAre("first", "first"));
}

}  // namespace
}  // namespace tellina::testing

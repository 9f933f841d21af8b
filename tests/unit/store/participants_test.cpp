#include <gmock/gmock.h>

#include "host/study/task.hpp"
#include "host/text/sha256.hpp"
#include "store_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ParticipantsTest : public StoreTest {
 protected:
  std::optional<ParticipantId> find(const std::string& access_code) {
    return get<std::optional<ParticipantId>>([&](StoreTransaction& t) { return t.find_participant(access_code); });
  }
  std::optional<ParticipantId> find_login(const std::string& token) {
    return get<std::optional<ParticipantId>>([&](StoreTransaction& t) { return t.find_login(sha256(token)); });
  }
  void sync(const std::vector<std::string>& codes) {
    run([&](StoreTransaction& t) { t.sync_access_codes(codes, now()); });
  }
  void sync_tasks(const Study& study) {
    run([&](StoreTransaction& t) { t.sync_tasks(study, "config.json", now()); });
  }
  void reset(const std::string& code) {
    run([&](StoreTransaction& t) { t.reset_participant(code, now()); });
  }
  std::vector<std::string> list(int total_tasks) {
    std::vector<std::string> lines;
    run([&](StoreTransaction& t) {
      lines.clear();
      for (const ParticipantSummary& one : t.list_participants(total_tasks)) {
        lines.push_back(one.access_code + " " + one.state + " " + std::to_string(one.tasks_ended) + " " +
                        std::to_string(one.attempt) + (one.can_log_in ? "" : " shut out"));
      }
    });
    return lines;
  }
};

Study make_study(const std::vector<std::string>& hashes) {
  Study study;
  study.task_duration = seconds(60);
  for (const std::string& hash : hashes) {
    Task task;
    task.description = "do " + hash;
    task.output_answer = "hello world\n";
    task.definition_hash = hash;
    task.place = "config.json:" + std::to_string(10 + study.tasks.size()) + ":5";
    study.tasks.push_back(task);
  }
  return study;
}

TEST_F(ParticipantsTest, TheConfigurationAndTheCommandAddParticipants) {
  sync({"bob", "alice", "bob"});
  const ParticipantId bob = find("bob").value();
  EXPECT_TRUE(find("alice").has_value());
  EXPECT_FALSE(find("carol").has_value());
  EXPECT_FALSE(find("").has_value());
  run([&](StoreTransaction& t) { t.add_participant("carol", now()); });
  sync({"bob"});
  EXPECT_EQ(find("bob"), bob);
  EXPECT_FALSE(find("alice").has_value()) << "the configuration no longer lists alice";
  EXPECT_TRUE(find("carol").has_value()) << "carol was added by a command";
  EXPECT_THAT(list(2), ElementsAre("bob new 0 1", "alice new 0 1 shut out", "carol new 0 1"));
  run([&](StoreTransaction& t) { t.add_participant("alice", now()); });
  EXPECT_TRUE(find("alice").has_value());
  const Error again = error_of([&] { run([&](StoreTransaction& t) { t.add_participant("bob", now()); }); });
  EXPECT_THAT(again.what(), HasSubstr("\"bob\""));
}

TEST_F(ParticipantsTest, LoginsSurviveARestartAndEndWithTheAccess) {
  sync({"bob"});
  const ParticipantId bob = find("bob").value();
  run([&](StoreTransaction& t) { t.add_login(bob, sha256("first"), now()); });
  run([&](StoreTransaction& t) { t.add_login(bob, sha256("second"), now()); });
  reopen();
  EXPECT_EQ(find_login("first"), bob);
  EXPECT_EQ(find_login("second"), bob);
  EXPECT_FALSE(find_login("third").has_value());
  sync({});
  EXPECT_FALSE(find_login("first").has_value());
}

TEST_F(ParticipantsTest, LoginsEndWithTheirTimeAtAResetAndBehindTwentyOthers) {
  sync({"bob", "alice"});
  const ParticipantId bob = find("bob").value();
  const ParticipantId alice = find("alice").value();
  const auto log_in = [&](ParticipantId who, const std::string& token) {
    run([&](StoreTransaction& t) { t.add_login(who, sha256(token), now()); });
  };
  const auto rows = [&] { return Reader(path).rows("SELECT count(*) FROM logins"); };
  log_in(alice, "early");
  log_in(bob, "old");
  pass(30 * 24h - 1ms);
  EXPECT_EQ(find_login("old"), bob);
  pass(1ms);
  EXPECT_FALSE(find_login("old").has_value());
  EXPECT_THAT(rows(), ElementsAre("2"));
  log_in(bob, "new");
  EXPECT_THAT(rows(), ElementsAre("1")) << "a login removes the old rows";
  log_in(alice, "early");
  for (int i = 0; i < 20; ++i) {
    pass(1ms);
    log_in(bob, "new" + std::to_string(i));
  }
  EXPECT_FALSE(find_login("new").has_value());
  EXPECT_EQ(find_login("new0"), bob);
  EXPECT_EQ(find_login("early"), alice);
  reset("bob");
  EXPECT_FALSE(find_login("new19").has_value());
  EXPECT_EQ(find_login("early"), alice);
  EXPECT_THAT(rows(), ElementsAre("1"));
}

TEST_F(ParticipantsTest, TheListFollowsTheStudy) {
  add_worker("worker.a");
  const ParticipantId bob = add_participant("bob");
  EXPECT_THAT(list(2), ElementsAre("bob new 0 1"));
  EXPECT_THAT(list(0), ElementsAre("bob finished 0 1"));
  const Fence fence = acquire(bob, "worker.a").fence;
  const TaskSessionRow first = begin(fence, 1);
  EXPECT_THAT(list(2), ElementsAre("bob running 0 1"));
  end(fence, first.id, TaskSessionState::gave_up);
  EXPECT_THAT(list(2), ElementsAre("bob ready 1 1"));
  end(fence, begin(fence, 2).id, TaskSessionState::passed);
  EXPECT_THAT(list(2), ElementsAre("bob finished 2 1"));
}

TEST_F(ParticipantsTest, ProgressHasTheOutcomeOfEachTask) {
  add_worker("worker.a");
  const ParticipantId bob = add_participant("bob");
  const Fence fence = acquire(bob, "worker.a").fence;
  end(fence, begin(fence, 1).id, TaskSessionState::gave_up);
  end(fence, begin(fence, 2).id, TaskSessionState::passed);
  begin(fence, 3);
  const std::vector<TaskOutcome> outcomes = progress(bob).outcomes;
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].task_number, 1);
  EXPECT_EQ(outcomes[0].state, TaskSessionState::gave_up);
  EXPECT_EQ(outcomes[1].task_number, 2);
  EXPECT_EQ(outcomes[1].state, TaskSessionState::passed);
  reset("bob");
  EXPECT_TRUE(progress(bob).outcomes.empty());
}

TEST_F(ParticipantsTest, AResetKeepsTheOldDataMarked) {
  add_worker("worker.a");
  const ParticipantId bob = add_participant("bob");
  Fence fence = acquire(bob, "worker.a").fence;
  const TaskSessionRow first = begin(fence, 1);
  append(fence, first.id, {InputRecord(0, "old", now())});
  end(fence, first.id, TaskSessionState::passed);
  begin(fence, 2);
  pass(seconds(1));
  const std::int64_t state_number = progress(bob).state_number;
  reset("bob");
  EXPECT_EQ(progress(bob).state_number, state_number + 1);
  EXPECT_FALSE(progress(bob).latest.has_value());
  EXPECT_THAT(list(2), ElementsAre("bob new 0 2"));

  fence = acquire(bob, "worker.a").fence;
  const TaskSessionRow again = begin(fence, 1);
  append(fence, again.id, {InputRecord(0, "new", now())});
  Reader reader(path);
  EXPECT_THAT(reader.rows("SELECT task_number, state, attempt, reset_at IS NOT NULL FROM results"),
              ElementsAre("1|passed|1|1", "2|reset|1|1", "1|running|2|0"));
  EXPECT_EQ(reader.value("SELECT time_spent_in_seconds FROM results WHERE state = 'reset'"), "1.0");
  EXPECT_THAT(reader.rows("SELECT attempt, bytes FROM input_bytes"), ElementsAre("1|old", "2|new"));

  pass(seconds(1));
  reset("bob");
  EXPECT_EQ(reader.value("SELECT count(DISTINCT reset_at) FROM results"), "2") << "each attempt keeps its own results";
  const Error unknown = error_of([&] { reset("nobody"); });
  EXPECT_EQ(unknown.code(), ErrorCode::not_found);
  EXPECT_THAT(unknown.what(), HasSubstr("\"nobody\""));
}

TEST_F(ParticipantsTest, ATaskThatSomeoneHasStartedMustNotChange) {
  add_worker("worker.a");
  const ParticipantId bob = add_participant("bob");
  const ParticipantId alice = add_participant("alice");
  sync_tasks(make_study({"one", "two", "three"}));
  const Fence fence = acquire(bob, "worker.a").fence;
  end(fence, begin(fence, 1).id, TaskSessionState::passed);
  begin(fence, 2);
  begin(acquire(alice, "worker.a").fence, 1);

  sync_tasks(make_study({"one", "two", "another three", "four"}));
  const Error changed = error_of([&] { sync_tasks(make_study({"another one"})); });
  EXPECT_EQ(changed.code(), ErrorCode::bad_config);
  EXPECT_THAT(changed.what(), HasSubstr("config.json:10:5: tasks[0]: P001, P002 have started this task; its "
                                        "definition must not change"));
  EXPECT_THAT(changed.what(), HasSubstr("\nconfig.json: tasks[1]: P001 has started this task; its definition must not "
                                        "be removed"));
  Reader reader(path);
  EXPECT_THAT(reader.rows("SELECT task_number, definition_hash, duration_in_seconds FROM tasks WHERE is_current = 1 "
                          "ORDER BY 1"),
              ElementsAre("1|one|60.0", "2|two|60.0", "3|another three|60.0", "4|four|60.0"))
      << "a refused study changes nothing";
  EXPECT_EQ(reader.value("SELECT count(*) FROM tasks"), "5") << "old definitions were removed";

  reset("bob");
  const Error rest = error_of([&] { sync_tasks(make_study({"another one"})); });
  EXPECT_THAT(rest.what(), HasSubstr("tasks[0]: P002 has"));
  EXPECT_THAT(rest.what(), Not(HasSubstr("tasks[1]")));
  reset("alice");
  sync_tasks(make_study({"another one"}));
}

TEST_F(ParticipantsTest, TheIdOfAStartedTaskMustNotChange) {
  const auto with_ids = [](const std::vector<std::string>& ids) {
    Study study = make_study({"one", "two", "three"});
    for (std::size_t i = 0; i < ids.size(); ++i) {
      study.tasks[i].id = ids[i];
      study.tasks[i].id_place = "config.json:" + std::to_string(10 + i) + ":9";
    }
    return study;
  };
  add_worker("worker.a");
  const ParticipantId bob = add_participant("bob");
  const ParticipantId alice = add_participant("alice");
  const ParticipantId carol = add_participant("carol");
  sync_tasks(with_ids({"a", "b", "c"}));
  for (const ParticipantId who : {bob, alice, carol}) begin(acquire(who, "worker.a").fence, 1);

  Study titled = with_ids({"a", "bb", "c"});
  titled.tasks[0].title = "Larger files";
  titled.tasks[1].duration = untimed;
  sync_tasks(titled);
  Reader reader(path);
  EXPECT_THAT(reader.rows("SELECT task, title, duration_in_seconds FROM tasks ORDER BY task_number"),
              ElementsAre("a|Larger files|60.0", "bb||Inf", "c||60.0"));

  const Error changed = error_of([&] { sync_tasks(with_ids({"larger", "bb", "c"})); });
  EXPECT_EQ(changed.code(), ErrorCode::bad_config);
  EXPECT_STREQ(changed.what(),
               "config.json:10:9: tasks[0].id: P001, P002 and P003 have started this task as \"a\"; the id must not "
               "change");
  reset("bob");
  EXPECT_STREQ(error_of([&] { sync_tasks(with_ids({"larger"})); }).what(),
               "config.json:10:9: tasks[0].id: P002 and P003 have started this task as \"a\"; the id must not change");
  reset("alice");
  EXPECT_STREQ(error_of([&] { sync_tasks(with_ids({"larger"})); }).what(),
               "config.json:10:9: tasks[0].id: P003 has started this task as \"a\"; the id must not change");
  reset("carol");
  sync_tasks(with_ids({"larger", "bb", "c"}));
}

}  // namespace
}  // namespace tellina::testing

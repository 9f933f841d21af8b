#include <gmock/gmock.h>

#include "store_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RecordingTest : public StoreTest {
 protected:
  RecordingTest() {
    add_worker("worker.a");
    bob = add_participant("bob");
    fence = acquire(bob, "worker.a").fence;
  }
  CommandRecord command(std::int64_t number, std::string text, Bytes output, std::optional<int> exit_status) {
    CommandRecord record;
    record.number = number;
    record.text = std::move(text);
    record.cwd = "/home/me";
    record.exit_status = exit_status;
    record.started = now();
    pass(milliseconds(250));
    record.ended = now();
    record.output_from = 3;
    record.output_to = 9;
    record.output = std::move(output);
    return record;
  }

  ParticipantId bob = 0;
  Fence fence;
};

TEST_F(RecordingTest, TheViewsReturnBothStreamsByteForByte) {
  const TaskSessionRow session = begin(fence);
  Bytes all_octets;
  for (int octet = 0; octet < 256; ++octet) all_octets += static_cast<char>(octet);
  SeededRandom random;
  Bytes input;
  Bytes output;
  std::size_t frames = 0;
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<Record> records;
    for (int piece = 0; piece < 5; ++piece) {
      const Bytes typed = all_octets.substr(static_cast<std::size_t>(batch * 5 + piece), 3);
      Bytes printed(static_cast<std::size_t>(batch * 400 + piece), '\0');
      random.fill({reinterpret_cast<std::uint8_t*>(printed.data()), printed.size()});
      records.emplace_back(InputRecord(input.size(), typed, now()));
      records.emplace_back(OutputRecord(output.size(), printed, now()));
      input += typed;
      output += printed;
      ++frames;
    }
    append(fence, session.id, records);
  }
  Reader reader(path);
  const auto join = [&](const std::string& view) {
    Bytes joined;
    const std::string where = " WHERE access_code = 'bob' AND task_number = 1 ORDER BY stream_offset";
    for (const std::string& bytes : reader.rows("SELECT bytes FROM " + view + where)) joined += bytes;
    return joined;
  };
  EXPECT_EQ(join("input_bytes"), input);
  EXPECT_EQ(join("output_bytes"), output);
  EXPECT_EQ(reader.value("SELECT count(*) FROM input_bytes"), std::to_string(frames)) << "one row for each frame";
  EXPECT_EQ(reader.value("SELECT min(typeof(bytes)) || max(typeof(bytes)) FROM input_bytes"), "blobblob");
  EXPECT_EQ(reader.value("SELECT at FROM input_bytes LIMIT 1"), to_iso_8601(now().wall));
  const TaskSessionRow row = *progress(bob).latest;
  EXPECT_EQ(row.input_end, input.size());
  EXPECT_EQ(row.output_end, output.size());
}

TEST_F(RecordingTest, AJumpThatNoGapExplainsIsRefusedWithBothOffsets) {
  const TaskSessionRow session = begin(fence);
  append(fence, session.id, {InputRecord(0, "abc", now())});
  const Error ahead = error_of([&] { append(fence, session.id, {InputRecord(5, "x", now())}); });
  EXPECT_THAT(ahead.what(), HasSubstr("input of task session"));
  EXPECT_THAT(ahead.what(), HasSubstr("offset 3"));
  EXPECT_THAT(ahead.what(), HasSubstr("offset 5"));
  EXPECT_EQ(ahead.code(), ErrorCode::internal);
  EXPECT_THROW(append(fence, session.id, {InputRecord(2, "c", now())}), StoreError) << "nothing is recorded twice";
  EXPECT_THROW(append(fence, session.id, {OutputRecord(1, "c", now())}), StoreError);
  EXPECT_THROW(append(fence, session.id, {GapRecord(StreamName::input, 4, 9, "why", now())}), StoreError);
  EXPECT_EQ(progress(bob).latest->input_end, 3U);

  append(fence, session.id,
         {GapRecord(StreamName::output, 0, 1 << 20, "the worker died", now()),
          GapRecord(StreamName::input, 3, 5, "the worker died", now()), InputRecord(5, "x", now()),
          InputRecord(6, "", now()), OutputRecord(1 << 20, "out", now()),
          GapRecord(StreamName::input, 6, 6, "none", now())});
  EXPECT_EQ(progress(bob).latest->input_end, 6U);
  EXPECT_EQ(progress(bob).latest->output_end, (1U << 20) + 3);
  EXPECT_THAT(Reader(path).rows("SELECT access_code, task_number, stream, from_offset, to_offset, reason FROM gaps"),
              ElementsAre("bob|1|input|3|5|the worker died", "bob|1|output|0|1048576|the worker died"));
}

TEST_F(RecordingTest, ABatchIsAllOrNothing) {
  const TaskSessionRow session = begin(fence);
  EXPECT_THROW(append(fence, session.id, {InputRecord(0, "abc", now()), InputRecord(9, "x", now())}), StoreError);
  EXPECT_EQ(progress(bob).latest->input_end, 0U);
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM input_bytes"), "0");
  EXPECT_THROW(run([&](StoreTransaction& t) {
                 t.append(fence, session.id, {InputRecord(0, "abc", now())});
                 t.end_task_session(fence, session.id, TaskSessionState::running, seconds(1), now());
               }),
               StoreError);
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM input_bytes"), "0");
}

TEST_F(RecordingTest, CommandsHaveTheirTextOutputAndTimes) {
  const TaskSessionRow session = begin(fence);
  append(fence, session.id,
         {command(1, "echo ä; true", "ä\n", 0), command(2, "cat /bin/true", Bytes("\x7f\xff\0ELF", 6), 1),
          command(3, "exec sleep 1", "", std::nullopt)});
  Reader reader(path);
  EXPECT_THAT(reader.rows("SELECT access_code, task_number, command_number, text, cwd, exit_status, output, "
                          "typeof(output) FROM commands"),
              ElementsAre("bob|1|1|echo ä; true|/home/me|0|ä\n|text",
                          std::string("bob|1|2|cat /bin/true|/home/me|1|\x7f\xff\0ELF|blob", 44),
                          "bob|1|3|exec sleep 1|/home/me|NULL||text"));
  EXPECT_EQ(reader.value("SELECT round((julianday(ended_at) - julianday(started_at)) * 86400, 2) FROM commands"),
            "0.25");
  EXPECT_EQ(progress(bob).latest->commands, 3);
  EXPECT_THROW(append(fence, session.id, {command(3, "again", "", 0)}), StoreError);
}

TEST_F(RecordingTest, CommandsRecordWhatWasCutTypedAndPrinted) {
  const TaskSessionRow session = begin(fence);
  CommandRecord shell = command(1, "bash", "> x\nx\n", std::nullopt);
  shell.ended_by = CommandEnd::task;
  shell.text_is_cut = shell.output_is_cut = shell.is_full_screen = true;
  shell.typed = "x\n";
  shell.printed = "> x\n";
  CommandRecord inner = command(2, "true", "", 0);
  inner.shell_level = 1;
  inner.is_doubtful = true;
  append(fence, session.id, {shell, inner});
  EXPECT_THAT(Reader(path).rows("SELECT text, output, ended_by, shell_level, text_is_cut, output_is_cut, "
                                "is_full_screen, typed, printed, is_doubtful FROM commands"),
              ElementsAre("bash|> x\nx\n|task_end|0|1|1|1|x\n|> x\n|0", "true||exit|1|0|0|0|||1"));
}

TEST_F(RecordingTest, ATaskSessionKeepsItsInitialSettings) {
  TaskSettings settings;
  settings.duration = milliseconds(1500);
  settings.keeps_bytes = false;
  settings.feedback = "counts";
  settings.reveal = "at_start";
  settings.hand_in = "both";
  const auto row = get<TaskSessionRow>([&](StoreTransaction& t) {
    return t.begin_task_session(fence, 1, "stdout", "stream", "sandbox", now(), settings);
  });
  EXPECT_EQ(row.duration, milliseconds(1500));
  EXPECT_EQ(progress(bob).latest->duration, milliseconds(1500));
  EXPECT_THAT(
      Reader(path).rows("SELECT duration_in_seconds, bytes_recorded, feedback, reveal, hand_in, boot_id FROM results"),
      ElementsAre("1.5|0|counts|at_start|both|" + boot_id()));
}

TEST_F(RecordingTest, TheAnsweredOffsetOnlyGrows) {
  const TaskSessionRow session = begin(fence);
  append(fence, session.id, {AnsweredRecord(10), AnsweredRecord(7)});
  append(fence, session.id, {AnsweredRecord(8)});
  EXPECT_EQ(progress(bob).latest->answered_offset, 10U);
}

TEST_F(RecordingTest, EventsKeepTheirDetail) {
  const TaskSessionRow session = begin(fence);
  append(fence, session.id, {EventRecord("resize", "{\"columns\": 80}", now()), EventRecord("attached", "", now())});
  EXPECT_THAT(Reader(path).rows("SELECT kind, detail, task_session_id FROM events ORDER BY id"),
              ElementsAre("resize|{\"columns\": 80}|" + std::to_string(session.id),
                          "attached|NULL|" + std::to_string(session.id)));
}

TEST_F(RecordingTest, EventsWithoutATaskBelongToTheParticipant) {
  append(fence, no_task_session, {EventRecord("visibility", "{\"visible\":false}", now())});
  EXPECT_THAT(Reader(path).rows("SELECT access_code, task_number, kind, detail FROM event_log"),
              ElementsAre("bob|NULL|visibility|{\"visible\":false}"));
  EXPECT_THROW(append(fence, no_task_session, {InputRecord(0, "a", now())}), StoreError);
  Fence older = fence;
  --older.number;
  EXPECT_THROW(append(older, no_task_session, {EventRecord("focus", {}, now())}), LeaseLost);
  EXPECT_EQ(Reader(path).value("SELECT count(*) FROM events"), "1");
}

TEST_F(RecordingTest, ATaskSessionChangesFromRunningToItsOutcome) {
  EXPECT_FALSE(progress(bob).latest.has_value());
  const TaskSessionRow session = begin(fence);
  EXPECT_EQ(session.task_number, 1);
  EXPECT_EQ(progress(bob).state_number, 1);
  EXPECT_EQ(progress(bob).latest->state, TaskSessionState::running);
  EXPECT_EQ(progress(bob).latest->stream, "stream");
  run([&](StoreTransaction& t) { t.set_sandbox(fence, session.id, "second sandbox", "its state"); });
  EXPECT_EQ(progress(bob).latest->sandbox, "second sandbox");
  EXPECT_EQ(progress(bob).latest->sandbox_state, "its state");
  EXPECT_THROW(begin(fence, 2), StoreError) << "one at a time";
  Reader reader(path);
  EXPECT_THAT(reader.value("SELECT access_code, task_number, task_type, state, started_at, ended_at FROM results"),
              StartsWith("bob|1|stdout|running|"));

  pass(milliseconds(1500));
  end(fence, session.id, TaskSessionState::timed_out, milliseconds(1500));
  EXPECT_EQ(progress(bob).state_number, 2);
  EXPECT_EQ(progress(bob).latest->state, TaskSessionState::timed_out);
  pass(seconds(20));
  EXPECT_EQ(progress(bob).latest->charged, milliseconds(1500));
  EXPECT_EQ(reader.value("SELECT state, time_spent_in_seconds, ended_at FROM results"),
            "timed_out|1.5|" + to_iso_8601(WallTime(now().wall - seconds(20))));

  EXPECT_THROW(append(fence, session.id, {InputRecord(0, "late", now())}), StoreError);
  EXPECT_THROW(end(fence, session.id, TaskSessionState::passed), StoreError);
  EXPECT_EQ(begin(fence, 2).task_number, 2);
}

TEST_F(RecordingTest, NobodyWritesIntoAnotherParticipantsSession) {
  const ParticipantId alice = add_participant("alice");
  const TaskSessionRow session = begin(fence);
  const Fence other = acquire(alice, "worker.a").fence;
  EXPECT_THROW(append(other, session.id, {InputRecord(0, "x", now())}), StoreError);
  EXPECT_THROW(end(other, session.id, TaskSessionState::passed), StoreError);
}

TEST_F(RecordingTest, AViewHasItsOlderColumnsFirst) {
  Reader reader(path);
  const auto columns = [&](const std::string& view) {
    return reader.value("SELECT group_concat(name, ' ') FROM pragma_table_info('" + view + "')");
  };
  EXPECT_THAT(columns("results"),
              StartsWith("access_code task_number task_type state started_at ended_at time_spent_in_seconds attempt"));
  EXPECT_THAT(columns("commands"), StartsWith("access_code task_number command_number text cwd exit_status "
                                              "started_at ended_at output attempt"));
  EXPECT_THAT(columns("input_bytes"), StartsWith("access_code task_number stream_offset bytes at attempt"));
  EXPECT_THAT(columns("output_bytes"), StartsWith("access_code task_number stream_offset bytes at attempt"));
  EXPECT_THAT(columns("gaps"), StartsWith("access_code task_number stream from_offset to_offset reason attempt"));
}

}  // namespace
}  // namespace tellina::testing

/// The checker finds each kind of broken promise in a record, and none in a correct record.

#include "faults/checker.hpp"

#include <functional>
#include <memory>

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace tellina::faults {
namespace {

/// The views that the checker reads, as tables that a test may fill as it likes.
constexpr const char* views =
    "CREATE TABLE input_bytes(access_code, task_number, stream_offset, bytes);"
    "CREATE TABLE output_bytes(access_code, task_number, stream_offset, bytes);"
    "CREATE TABLE gaps(access_code, task_number, stream, from_offset, to_offset, reason);"
    "CREATE TABLE event_log(access_code, task_number, kind, detail);";

class CheckerTest : public ::testing::Test {
 protected:
  CheckerTest() {
    sqlite3* raw = nullptr;
    sqlite3_open(m_file.c_str(), &raw);
    m_database.reset(raw);
    run(views);
    m_receipts.access_code = "p1";
    // One run of `cat` gets ten records, three of them after an acknowledgement.
    type("cat\r");
    for (int number = 1; number <= 10; ++number) {
      const std::uint64_t from = m_receipts.typed.size();
      type(record_text("p1", number));
      m_receipts.records.push_back({number, 1, {from, m_receipts.typed.size()}});
      if (number == 7) m_receipts.acknowledged.push_back({0, m_receipts.typed.size()});
    }
    write("input", 0, m_receipts.typed);
    write("output", 0, "$ cat\r\n" + records(1, 10));
  }

  void run(const std::string& sql) {
    char* error = nullptr;
    if (sqlite3_exec(m_database.get(), sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK) {
      ADD_FAILURE() << sql << ": " << error;
    }
  }
  void type(const std::string& text) { m_receipts.typed += text; }
  static std::string records(int first, int last) {
    std::string text;
    for (int number = first; number <= last; ++number) text += record_text("p1", number);
    return text;
  }
  void write(const std::string& stream, std::uint64_t offset, const std::string& bytes) {
    run("INSERT INTO " + stream + "_bytes VALUES('p1', 1, " + std::to_string(offset) + ", '" + bytes + "')");
  }
  /// Replaces all output.
  void print(const std::string& bytes) {
    run("DELETE FROM output_bytes");
    write("output", 0, bytes);
  }
  void add_gap(const std::string& stream, std::uint64_t from, std::uint64_t to) {
    run("INSERT INTO gaps VALUES('p1', 1, '" + stream + "', " + std::to_string(from) + ", " + std::to_string(to) +
        ", 'worker_lost')");
  }
  Verdict verdict() {
    Verdict found;
    check_record(testing::StudyDatabase(m_file), m_receipts, m_fault_log, found);
    return found;
  }
  const Receipts::Range& input_of(int number) const {
    return m_receipts.records.at(static_cast<std::size_t>(number) - 1).input;
  }

  struct Closer {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  TemporaryFolder m_folder;
  const std::string m_file = m_folder.file("db.sqlite3");
  std::unique_ptr<sqlite3, Closer> m_database;
  Receipts m_receipts;
  FaultLog m_fault_log;
};

TEST_F(CheckerTest, FindsNothingInAGoodRecord) {
  const Verdict found = verdict();
  EXPECT_TRUE(found.is_good()) << found.findings.front();
  EXPECT_EQ(found.shown_records, 10U);
  EXPECT_EQ(found.acknowledged_bytes, input_of(7).to);
}

TEST_F(CheckerTest, FindsAnAcknowledgedByteThatTheRecordDoesNotHave) {
  run("UPDATE input_bytes SET bytes = substr(bytes, 1, " + std::to_string(input_of(7).to - 1) + ")");
  print("$ cat\r\n" + records(1, 6));
  EXPECT_EQ(verdict().lost_bytes, 1U);
}

TEST_F(CheckerTest, FindsAnAcknowledgedByteInAGap) {
  const auto [from, to] = input_of(7);
  run("UPDATE input_bytes SET bytes = substr(bytes, 1, " + std::to_string(from) + ")");
  add_gap("input", from, to);
  write("input", to, m_receipts.typed.substr(to));
  m_fault_log.note(Harm::worker_death, "kill-worker");
  EXPECT_EQ(verdict().lost_bytes, to - from);
}

TEST_F(CheckerTest, ExcusesAGapThatNobodyAcknowledged) {
  const auto [from, to] = input_of(8);
  run("UPDATE input_bytes SET bytes = substr(bytes, 1, " + std::to_string(from) + ")");
  add_gap("input", from, to);
  write("input", to, m_receipts.typed.substr(to));
  print("$ cat\r\n" + records(1, 7) + records(9, 10));
  m_fault_log.note(Harm::worker_death, "kill-worker");
  const Verdict found = verdict();
  EXPECT_TRUE(found.is_good()) << found.findings.front();
}

TEST_F(CheckerTest, FindsAGapAlthoughNothingDied) {
  const auto [from, to] = input_of(8);
  run("UPDATE input_bytes SET bytes = substr(bytes, 1, " + std::to_string(from) + ")");
  add_gap("input", from, to);
  write("input", to, m_receipts.typed.substr(to));
  EXPECT_EQ(verdict().untrue_gaps, 1U);
}

TEST_F(CheckerTest, FindsAGapWithoutAName) {
  const auto [from, to] = input_of(8);
  run("UPDATE input_bytes SET bytes = substr(bytes, 1, " + std::to_string(from) + ")");
  write("input", to, m_receipts.typed.substr(to));
  EXPECT_EQ(verdict().unnamed_gaps, 1U);
}

TEST_F(CheckerTest, FindsInputThatNobodyTyped) {
  run("UPDATE input_bytes SET bytes = replace(bytes, '000004', '000044')");
  EXPECT_EQ(verdict().wrong_bytes, 1U);
}

TEST_F(CheckerTest, FindsARecordThatTheShellGotTwice) {
  print("$ cat\r\n" + records(1, 5) + records(5, 10));
  EXPECT_EQ(verdict().doubled_records, 1U);
}

TEST_F(CheckerTest, FindsARecordThatTwoShellsGot) {
  print("$ cat\r\n" + records(1, 5) +
        "\x1b"
        "c$ " +
        records(5, 10));
  const Verdict found = verdict();
  EXPECT_EQ(found.doubled_records, 1U);
}

TEST_F(CheckerTest, FindsRecordsInAnotherOrder) {
  print("$ cat\r\n" + records(1, 4) + records(6, 6) + records(5, 5) + records(7, 10));
  EXPECT_EQ(verdict().reordered_records, 1U);
}

TEST_F(CheckerTest, FindsARecordThatALivingShellDidNotGet) {
  print("$ cat\r\n" + records(1, 4) + records(6, 10));
  EXPECT_EQ(verdict().missing_records, 1U);
  print("$ cat\r\n" + records(2, 10));
  EXPECT_EQ(verdict().missing_records, 1U) << "the first one";
  print("$ cat\r\n" + records(1, 9));
  EXPECT_EQ(verdict().missing_records, 1U) << "the last one";
}

TEST_F(CheckerTest, ExcusesARecordThatWasDropped) {
  print("$ cat\r\n" + records(1, 4) + records(6, 10));
  const auto [from, to] = input_of(5);
  run("INSERT INTO event_log VALUES('p1', 1, 'input_dropped', '{\"from_offset\": " + std::to_string(from) +
      ", \"bytes\": " + std::to_string(to - from) + "}')");
  const Verdict found = verdict();
  EXPECT_TRUE(found.is_good()) << found.findings.front();
}

TEST_F(CheckerTest, FindsAShellThatWasReplacedAlthoughNothingDied) {
  run("INSERT INTO event_log VALUES('p1', 1, 'sandbox_replaced', '{}')");
  m_fault_log.note(Harm::shell_death, "kill-sandbox", "p2");
  m_fault_log.note(Harm::worker_death, "kill-worker");
  EXPECT_EQ(verdict().replaced_shells, 1U);
  m_fault_log.note(Harm::shell_death, "kill-server");
  EXPECT_EQ(verdict().replaced_shells, 0U);
}

}  // namespace
}  // namespace tellina::faults

#pragma once

/// The record of one participant's way through the steps of a study.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/study/flow_record.hpp"
#include "host/study/timestamp.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// An entry of a schedule with what its row also names, for readers of the database.
class StoredEntry {
 public:
  StoredEntry() = default;
  ScheduleEntry entry;
  std::string task_id;  ///< empty if it is no task
  std::string form;     ///< of a questionnaire
};

/// The value of a field of a questionnaire.
class StoredAnswer {
 public:
  StoredAnswer() = default;
  int position = 0;  ///< of the questionnaire in the schedule
  int try_number = 1;
  std::string field;
  std::string value;  ///< JSON
  bool is_final = false;
};

/// How a participant left a step.
class StoredStepEnd {
 public:
  StoredStepEnd() = default;
  int position = 0;
  int try_number = 1;
  std::string result;  ///< see step_result
  std::vector<StoredAnswer> answers{};
  std::string consent_version;  ///< of a consent that was given
};

/// Writes of the owner of a participant's session, within one transaction. All rows belong to the participant's current
/// attempt. Methods throw StoreError.
class ParticipantSteps {
 public:
  virtual ~ParticipantSteps() = default;

  /// Chooses the group of a participant who has none, from the participants of the stage who have one and are not
  /// excluded. `now`: since the epoch. Nothing if every group is full.
  using GroupChooser = std::function<std::optional<GroupChoice>(const std::vector<AssignedParticipant>& participants,
                                                                const Arrival& arrival, std::chrono::nanoseconds now)>;

  /// Entries that are stored already stay as they are. `design_hash`: of the design that they come from, which must not
  /// change before the participant has an outcome.
  virtual void store_schedule(const std::vector<StoredEntry>& entries, const std::string& design_hash,
                              Timestamp at) = 0;
  /// A participant who had a group in an earlier attempt keeps it.
  virtual std::optional<GroupChoice> choose_group(const GroupChooser& choose, Timestamp at) = 0;
  /// Increments the state number.
  virtual void show(int position, int try_number, Timestamp at) = 0;
  virtual void keep_answer(const StoredAnswer& answer, Timestamp at) = 0;
  /// Increments the state number. Throws StoreError(bad_request) if this try was left before, or never shown.
  virtual void leave(const StoredStepEnd& end, Timestamp at) = 0;
  /// Increments the state number.
  virtual void record_outcome(Outcome outcome, const std::string& completion_code, Timestamp at) = 0;
  /// Deletes everything that the participant did, of all attempts. The participant's id, stage, group and outcome stay.
  virtual void erase(Timestamp at) = 0;
  /// `stage`: for a participant who is seen for the first time.
  virtual void set_last_seen(const std::string& stage, Timestamp at) = 0;
  /// The participant's id ("P001").
  virtual std::string label() = 0;
  /// A key of the database's own; `candidate` becomes it if there is none of this name.
  virtual Bytes find_key(const std::string& name, const Bytes& candidate) = 0;
};

}  // namespace tellina

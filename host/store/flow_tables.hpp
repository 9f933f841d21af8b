#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/store/database.hpp"
#include "host/store/participant_steps.hpp"
#include "host/study/participant.hpp"

namespace tellina {

enum class IsBot : bool { no, yes };

/// The participants of a stage who have a group and are not excluded, in the order in which they were added: people, or
/// bots. `at`: now.
std::vector<AssignedParticipant> read_assigned(Database& database, const std::string& stage, IsBot is_bot,
                                               Timestamp at);

/// The rows of one participant's way through the steps of a study. Checks no lease.
class FlowTables final : public ParticipantSteps {
 public:
  /// `boot_id`: of the machine's current start. The references must outlive the object.
  FlowTables(Database& database, const std::string& boot_id, ParticipantId participant)
      : m_database(database), m_boot_id(boot_id), m_participant(participant) {}

  /// `at`: now.
  FlowRecord read(Timestamp at);

  void store_schedule(const std::vector<StoredEntry>& entries, const std::string& design_hash, Timestamp at) override;
  std::optional<GroupChoice> choose_group(const GroupChooser& choose, Timestamp at) override;
  void show(int position, int try_number, Timestamp at) override;
  void keep_answer(const StoredAnswer& answer, Timestamp at) override;
  void leave(const StoredStepEnd& end, Timestamp at) override;
  void record_outcome(Outcome outcome, const std::string& completion_code, Timestamp at) override;
  void erase(Timestamp at) override;
  void set_last_seen(const std::string& stage, Timestamp at) override;
  std::string label() override;
  Bytes find_key(const std::string& name, const Bytes& candidate) override;

 private:
  void increment_state_number();

  Database& m_database;
  const std::string& m_boot_id;
  const ParticipantId m_participant;
};

}  // namespace tellina

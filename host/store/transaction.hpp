#pragma once

#include "host/store/database.hpp"
#include "host/store/environment_tables.hpp"
#include "host/store/record_appender.hpp"
#include "host/store/store.hpp"

namespace tellina {

/// The transaction that jobs use, over one connection. The writer begins it and commits it.
///
/// It is long because StoreTransaction is: each function is a few statements over tables that they all share (leases,
/// task sessions, events). Records and task definitions have tables of their own, and RecordAppender and
/// sync_task_definitions() write those.
class Transaction final : public StoreTransaction {
 public:
  /// `boot_id`: identifies the machine's current boot.
  Transaction(Database& database, const Clock& clock, std::string boot_id)
      : m_database(database), m_clock(clock), m_boot_id(std::move(boot_id)) {}

  std::optional<ParticipantId> find_participant(const std::string& access_code) override;
  std::optional<ParticipantProgress> find_progress(ParticipantId participant) override;
  void add_login(ParticipantId participant, const std::string& token_hash, Timestamp at) override;
  std::optional<ParticipantId> find_login(const std::string& token_hash) override;
  JoinResult join(const JoinRequest& request, Timestamp at) override;

  void register_worker(const WorkerIdentity& worker, Timestamp at, const SandboxBackendChoice& backend) override;
  std::vector<std::string> retire_dead_workers(Timestamp at) override;
  std::vector<std::string> claim_sweeps(const std::string& worker, const SandboxBackendChoice& backend) override;
  std::vector<UnsweptWorker> claim_sweeps_of_others(const std::string& worker,
                                                    const SandboxBackendChoice& backend) override;
  void record_sweep(const std::string& retired, Timestamp at) override;
  LeaseResult acquire_lease(ParticipantId participant, const std::string& worker, Timestamp at,
                            LapsedLease lapsed) override;
  std::vector<ParticipantId> renew_leases(const std::string& worker, Timestamp at) override;
  void release_lease(const Fence& fence, Timestamp at, bool in_order) override;
  std::vector<ParticipantId> find_orphans(Timestamp at, LapsedLease lapsed) override;
  std::vector<std::string> find_sandboxes_in_use() override;

  TaskSessionRow begin_task_session(const Fence& fence, int task_number, const std::string& task_type,
                                    const std::string& stream, const std::string& sandbox, Timestamp at,
                                    const TaskSettings& settings, const TaskPlace& place) override;
  void set_sandbox(const Fence& fence, TaskSessionId session, const std::string& sandbox, const Bytes& state) override;
  void set_clock(const Fence& fence, TaskSessionId session, std::chrono::nanoseconds charged,
                 std::optional<MonotonicTime> since) override;
  void end_task_session(const Fence& fence, TaskSessionId session, TaskSessionState state,
                        std::chrono::nanoseconds charged, Timestamp at, std::optional<EndCause> cause) override;
  std::uint64_t append(const Fence& fence, TaskSessionId session, const std::vector<Record>& records,
                       std::uint64_t handed_over) override;
  void keep_content(const std::string& sha256, BytesView bytes) override;
  std::unique_ptr<ParticipantSteps> steps(const Fence& fence) override;

  void sync_access_codes(const std::vector<std::string>& access_codes, Timestamp at) override;
  void add_participant(const std::string& access_code, Timestamp at) override;
  void add_bot(const std::string& access_code, Timestamp at) override;
  std::vector<BotSummary> list_bots() override;
  std::vector<AssignedParticipant> list_assigned(const std::string& stage, Timestamp at) override;
  std::vector<ParticipantSummary> list_participants(int total_tasks) override;
  StudyCounts count_study(int total_tasks) override;
  std::vector<ParticipantIdentity> list_identities() override;
  std::optional<Bytes> read_key(const std::string& name) override;
  void reset_participant(const std::string& name, Timestamp at) override;
  void sync_tasks(const Study& study, const std::string& file, Timestamp at) override;
  EnvironmentId record_environment(const EnvironmentRecord& environment, Timestamp at) override {
    return tellina::record_environment(m_database, environment, at);
  }
  std::optional<EnvironmentId> find_environment(const EnvironmentRecord& like) override {
    return tellina::find_environment(m_database, like);
  }

 private:
  /// A row of the table leases.
  class Lease {
   public:
    Lease() = default;
    ParticipantId participant = 0;
    std::string worker;  ///< empty if nobody owns it
    std::string previous_worker;
    std::int64_t fence = 0;
    std::string boot_id;
    MonotonicTime renewed{};
    bool released_in_order = false;
    double age_in_seconds = 0;  ///< since the last renewal, by the wall clock, which survives a restart of the machine
  };

  std::optional<ParticipantProgress> find_progress(ParticipantId participant, MonotonicTime at);
  std::optional<Lease> find_lease(ParticipantId participant, WallTime at);
  /// Whether a page is attached to the participant's session now.
  bool is_connected(ParticipantId participant, MonotonicTime at);
  bool is_live(const Lease& lease, MonotonicTime at) const;
  /// Whether the lease's worker is a process of this boot that runs, renewed or not.
  bool has_living_owner(const Lease& lease);
  /// Throws LeaseLost unless the fence is the newest.
  void check(const Fence& fence);
  /// Checks the lease after its acquisition.
  void check_acquired(const Fence& fence, const std::optional<Lease>& before);
  /// Throws LeaseLost unless the fence is the newest, and StoreError unless the task session runs and belongs to the
  /// fence's participant.
  StreamEnds check_running(const Fence& fence, TaskSessionId session);
  /// Charges a running task session up to `until` and stops its clock.
  void stop_clock(ParticipantId participant, MonotonicTime until);
  /// Continues a running task session that has no owner; false if there is none.
  bool take_over(const Lease& left, Timestamp at);
  /// For a running task session that its owner has left: records a gap for the input that the owner recorded but may
  /// not have handed to a shell.
  void record_unconfirmed_input(ParticipantId participant, Timestamp at);
  /// For a task session whose owner has died: records a gap for the output that the owner may have sent but not
  /// recorded, and continues the output after it.
  void record_unconfirmed_output(TaskSessionId session, Timestamp at);
  void append_to_participant(const Fence& fence, const std::vector<Record>& records);
  void increment_state_number(ParticipantId participant);
  /// Gives participants their ids ("P001"), which stay the same in copies and merges of the database.
  void name_new_participants();
  void add_event(ParticipantId participant, std::optional<TaskSessionId> session, const EventRecord& event);

  Database& m_database;
  const Clock& m_clock;
  const std::string m_boot_id;
};

}  // namespace tellina

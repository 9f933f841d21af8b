#pragma once

/// Carries out a participant's steps: requests about them, and what has to be recorded between two of them.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/runtime/lifeline.hpp"
#include "host/session/environment.hpp"
#include "host/session/recorder.hpp"
#include "host/session/session_loop.hpp"
#include "host/study/study_progress.hpp"
#include "host/wire/client_frames.hpp"

namespace tellina {

/// One write is under way at a time, and requests wait for it: each is judged by a state that is in the store. The
/// recorder repeats a write that fails for a reason outside of this program, so a full disk delays a step and loses
/// none.
///
/// Threads: the loop's.
class StepFlow {
 public:
  /// The participant's session.
  class Owner {
   public:
    /// Sends to the attached client, if there is one.
    virtual void send(std::string json) = 0;
    virtual const StudyProgress& progress() const = 0;
    /// Passes the event to the state machine and carries out the effects; those that have to be recorded come back to
    /// record().
    virtual void apply_event(const StudyProgress::Event& event) = 0;
    /// The same, but returns the effects.
    virtual StudyProgress::Effects judge(const StudyProgress::Event& event) = 0;
    virtual void carry_out(const StudyProgress::Effect& effect) = 0;
    virtual bool has_client() const = 0;
    /// Nothing is being recorded any more.
    virtual void flow_is_idle() = 0;

   protected:
    ~Owner() = default;
  };

  /// All references must outlive the object.
  StepFlow(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder, Owner& owner);

  void answer(const StepAnswerFrame& frame);
  void leave(const StepDoneFrame& frame);
  void withdraw(const WithdrawFrame& frame);

  /// Writes an effect to the store, and then applies the event that follows it.
  void record(const StudyProgress::Effect& effect);
  /// A client has attached. Until the next call, the participant counts as present.
  void see_participant();
  bool is_recording() const { return m_is_recording; }

 private:
  using Request = std::variant<StepDoneFrame, WithdrawFrame>;

  void accept(Request request);
  void handle(const StepDoneFrame& frame);
  void handle(const WithdrawFrame& frame);
  void handle_next();
  /// Refuses or confirms the request, or carries out what it causes.
  void reply(const RequestId& id, const StudyProgress::Effects& effects);

  void write(const StudyProgress::StoreSchedule& effect);
  void write(const StudyProgress::ChooseGroup& effect);
  void write(const StudyProgress::ShowStep& effect);
  void write(const StudyProgress::KeepAnswer& effect);
  void write(const StudyProgress::LeaveStep& effect);
  void write(const StudyProgress::RecordOutcome& effect);
  using Job = std::function<void(ParticipantSteps&)>;
  /// `event`: what follows, once the job is in the file.
  void write(Job job, std::function<StudyProgress::Event()> event);
  void confirm_requests();
  Timestamp now() const { return Timestamp(m_loop.clock()); }
  LogEvent log_event(std::string_view name) const;
  /// With the position in the schedule, and the id of the step there.
  LogEvent log_step(std::string_view name, int position) const;
  void log_outcome(const StudyProgress::OutcomeRecorded& event) const;

  SessionEnvironment& m_environment;
  SessionLoop& m_loop;
  Recorder& m_recorder;
  Owner& m_owner;
  const std::unique_ptr<Loop::Timer> m_seen_timer;
  std::deque<Request> m_waiting;
  bool m_is_recording = false;
  bool m_is_seen_pending = false;
  std::vector<RequestId> m_unconfirmed;  ///< what they cause is not in the store yet
  Lifeline m_lifeline;
};

}  // namespace tellina

#pragma once

/// A program that runs in a sandbox without a terminal, as the plugin sees it.

#include <cstddef>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::sandbox_common {

/// `wait_status`: in the form of wait(2), of a process that has ended.
ExitStatus exit_status_of(int wait_status);

/// The pipes for the standard output and error of a program.
///
/// Threads: one at a time.
class ProgramOutputs {
 public:
  /// Throws Error.
  ProgramOutputs();

  int output_for_program() const { return m_output_end.get(); }
  int errors_for_program() const { return m_errors_end.get(); }

  /// Call it when the program has been started. Reads what it prints until it ends, has printed too much, or has used
  /// its time; the caller then ends the sandbox. `program_end` receives the wait status, and is closed if init dies.
  /// Throws Error(gone) if the run is cancelled.
  RunResult watch(const RunSpec& spec, int program_end, Clock& clock);

 private:
  void take_output(const RunSpec& spec, RunResult& result, std::size_t at_most);
  void take_errors(const RunSpec& spec, RunResult& result, std::size_t at_most);

  Descriptor m_output;
  Descriptor m_errors;
  Descriptor m_output_end;
  Descriptor m_errors_end;
};

/// Throws Error if a value of the spec is not as run() expects it.
void check_run_spec(const RunSpec& spec);

/// The folder of the spec with modes that let every user read it, and its owner remove it.
FileTree readable_folder(const FileTree& folder);

/// The home of the spec without what cannot be created: pipes, sockets, devices, and other owners than the participant.
FileTree creatable_home(const FileTree& home);

}  // namespace tellina::sandbox_common

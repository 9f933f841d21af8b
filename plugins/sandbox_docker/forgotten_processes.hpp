#pragma once

#include <string>
#include <vector>

#include "tellina/descriptor.hpp"

namespace tellina::docker_sandbox {

/// A process in a container of this study, found without the engine: in its mount namespace, a sandbox's folder is
/// where init expects it.
class MarkedProcess {
 public:
  std::string token;                ///< of the container
  Descriptor process;               ///< a pidfd
  std::vector<std::string> groups;  ///< paths of its control groups
};

/// The processes in containers whose folder is, or was, in RUN_FOLDER/sandboxes, as far as this user may see them: root
/// sees all.
///
/// An engine that is killed may come back without knowing a container that still runs, or one that it was starting.
/// Then nobody can ask the engine to remove it.
std::vector<MarkedProcess> find_marked_processes(const std::string& run_folder);

/// Kills them, waits up to a second for their ends, and removes their control groups.
void end_processes(const std::vector<MarkedProcess>& found);

}  // namespace tellina::docker_sandbox

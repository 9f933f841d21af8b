#pragma once

/// Makes the process of a case like the host's, so that a plugin that passes on what it finds is noticed.

#include <string>

namespace tellina::conformance {

/// A variable of the host, which no sandbox may see.
inline constexpr const char* host_variable = "TELLINA_CHECK_OF_THE_HOST";
/// Part of what the host's inheritable descriptor refers to.
inline constexpr const char* host_file = "tellina-check-of-the-host";

/// Blocks and ignores the signals that the host blocks and ignores, opens a descriptor without close-on-exec, and sets
/// a variable. Once per process, before it has threads.
void resemble_a_host();

/// Throws Skip in a process that does not resemble a host.
void need_a_process_like_the_host();

}  // namespace tellina::conformance

#pragma once

#include "support/docker_engine.hpp"

namespace tellina::test {

/// The one engine of this program, started when it is first asked for.
DockerEngine& engine();
/// Of this program's sandboxes.
std::string run_folder();

}  // namespace tellina::test

#pragma once

/// The differences between the sandboxes that share these tests. Each test program defines its own.

#include <map>
#include <string>
#include <vector>

#include "sandbox_fixture.hpp"

namespace tellina::test::variant {

/// Path of the plugin.
extern const std::string plugin;
/// Whether sandboxes are containers.
extern const bool is_docker;
/// Processes of a sandbox that has no shell yet.
extern const std::size_t processes_of_an_instance;

/// The settings of every backend unless a test changes them.
std::map<std::string, Setting> settings();

/// Processes of all sandboxes that `host` has started; for a container engine, those of all its containers.
Processes sandbox_processes(int host);

/// Leftovers of sandboxes on this machine except processes, one per line.
std::vector<std::string> leftovers();
/// Leftovers under an owner's name.
std::vector<std::string> leftovers_of(const OwnerId& owner);

}  // namespace tellina::test::variant

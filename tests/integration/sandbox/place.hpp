#pragma once

/// What differs between the sandboxes that the same tests drive. Each of their programs brings its own.

#include <map>
#include <string>
#include <vector>

#include "sandbox_fixture.hpp"

namespace tellina::test::place {

/// Path of the plugin.
extern const std::string plugin;
/// Whether sandboxes are containers.
extern const bool is_docker;
/// Processes of one sandbox that has no shell yet.
extern const std::size_t processes_of_an_instance;

/// What every backend's section has unless a test says otherwise.
std::map<std::string, Setting> settings();

/// Processes of all sandboxes that `host` has started; of a container engine, those of all its containers.
Processes sandbox_processes(int host);

/// What is left of sandboxes on this machine beside processes, a line each.
std::vector<std::string> leftovers();
/// What is left under an owner's name.
std::vector<std::string> leftovers_of(const OwnerId& owner);

}  // namespace tellina::test::place

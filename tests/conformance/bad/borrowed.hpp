#pragma once

/// Loads a correct built-in plugin into the bad plugin that breaks it.

#include <dlfcn.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "tellina/plugin.hpp"

namespace tellina::bad {

/// Creates the plugin of FILE with another plugin's context.
template <typename Type>
std::unique_ptr<Type> borrow(const char* file, const PluginContext& context) {
  void* const library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) throw std::runtime_error(dlerror());
  const auto* descriptor = static_cast<const PluginDescriptor*>(dlsym(library, "tellina_plugin"));
  std::unique_ptr<Plugin> plugin = descriptor->create(context);
  return std::unique_ptr<Type>(dynamic_cast<Type*>(plugin.release()));
}

/// The section with another value for a key.
inline Config with_integer(const Config& section, const std::string& key, std::int64_t value) {
  Config::Node number;
  number.kind = Config::Kind::integer;
  number.integer = value;
  number.path = key;
  Config::Node whole;
  whole.kind = Config::Kind::object;
  whole.file = section.file();
  for (const Config::Member& member : section.members()) {
    if (member.first != key) whole.members.push_back(member);
  }
  whole.members.emplace_back(key, Config(std::make_shared<Config::Node>(std::move(number))));
  return Config(std::make_shared<Config::Node>(std::move(whole)));
}

/// The context with another section.
inline PluginContext with_section(const PluginContext& context, Config section) {
  return PluginContext(std::move(section), context.log, context.clock, context.random);
}

}  // namespace tellina::bad

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

}  // namespace tellina::bad

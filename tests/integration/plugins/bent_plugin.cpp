// A plugin that is valid unless one of these macros is redefined.
#include "tellina/ordering_policy.hpp"

#ifndef BENT_TAG
#define BENT_TAG TELLINA_SDK_ABI_TAG
#endif
#ifndef BENT_KIND
#define BENT_KIND tellina::PluginKind::ordering_policy
#endif
#ifndef BENT_NAME
#define BENT_NAME "bent"
#endif
#ifndef BENT_VERSION
#define BENT_VERSION "1.0.0"
#endif
#ifndef BENT_SCHEMA
#define BENT_SCHEMA "{\"type\": \"object\", \"properties\": {}, \"additionalProperties\": false}"
#endif
#ifndef BENT_CREATE
#define BENT_CREATE make_policy
#endif

namespace {

class Policy final : public tellina::OrderingPolicy {
 public:
  std::unique_ptr<tellina::Gate> open_gate() override { return nullptr; }
};

[[maybe_unused]] std::unique_ptr<tellina::Plugin> make_policy(const tellina::PluginContext&) {
  return std::make_unique<Policy>();
}

[[maybe_unused]] std::unique_ptr<tellina::Plugin> make_nothing(const tellina::PluginContext&) { return nullptr; }

}  // namespace

extern "C" TELLINA_VISIBLE const tellina::PluginDescriptor tellina_plugin;
const tellina::PluginDescriptor tellina_plugin = {BENT_TAG,     BENT_KIND,   BENT_NAME,
                                                  BENT_VERSION, BENT_SCHEMA, BENT_CREATE};

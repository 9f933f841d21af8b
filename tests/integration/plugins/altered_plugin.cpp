// A plugin that is valid unless one of these macros is redefined.
#include <unistd.h>

#include <cstdlib>

#include "tellina/channel_layer.hpp"
#include "tellina/ordering_policy.hpp"
#include "tellina/sandbox.hpp"

#ifndef ALTERED_TAG
#define ALTERED_TAG tellina::abi_tag<tellina::PluginKind::ordering_policy>.data()
#endif
#ifndef ALTERED_NOTE_TAG
#define ALTERED_NOTE_TAG tellina::abi_tag<tellina::PluginKind::ordering_policy>
#endif
#ifndef ALTERED_NOTE_NAME
#define ALTERED_NOTE_NAME ALTERED_NAME
#endif
#ifndef ALTERED_SIZE
#define ALTERED_SIZE sizeof(tellina::PluginDescriptor)
#endif
#ifndef ALTERED_KIND
#define ALTERED_KIND tellina::PluginKind::ordering_policy
#endif
#ifndef ALTERED_NAME
#define ALTERED_NAME "altered"
#endif
#ifndef ALTERED_VERSION
#define ALTERED_VERSION "1.0.0"
#endif
#ifndef ALTERED_SCHEMA
#define ALTERED_SCHEMA "{\"type\": \"object\", \"properties\": {}, \"additionalProperties\": false}"
#endif
#ifndef ALTERED_OPTIONS
#define ALTERED_OPTIONS nullptr
#endif
#ifndef ALTERED_CREATE
#define ALTERED_CREATE make_policy
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

[[maybe_unused]] constexpr tellina::AbiTag tag_of(std::string_view text) {
  tellina::AbiTag tag{};
  for (std::size_t i = 0; i < text.size(); ++i) tag[i] = text[i];
  return tag;
}

#ifdef ALTERED_WHEN_OPENED
[[gnu::constructor]] void when_opened() { ALTERED_WHEN_OPENED; }
#endif

}  // namespace

#ifdef ALTERED_WITHOUT_NOTES
// The table of symbols' names has the last 14 bytes of this one only once.
extern "C" TELLINA_VISIBLE const int not_only_tellina_plugin;
const int not_only_tellina_plugin = 1;
#else
TELLINA_PLUGIN_NOTES(ALTERED_NOTE_TAG, ALTERED_NOTE_NAME);
#endif

extern "C" TELLINA_VISIBLE const tellina::PluginDescriptor tellina_plugin;
const tellina::PluginDescriptor tellina_plugin = {ALTERED_TAG,    ALTERED_KIND,   ALTERED_NAME, ALTERED_VERSION,
                                                  ALTERED_SCHEMA, ALTERED_CREATE, ALTERED_SIZE, ALTERED_OPTIONS};

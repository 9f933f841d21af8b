/// Checks the printed schema with an independent validator.

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "host/config/host_schema.hpp"
#include "host/config/json_reader.hpp"
#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

bool outsider_accepts(const std::string& text) {
  const boost::json::value schema_document = boost::json::parse(full_schema(FakePlugins()));
  valijson::Schema schema;
  valijson::SchemaParser parser;
  const valijson::adapters::BoostJsonAdapter schema_adapter(schema_document);
  parser.populateSchema(schema_adapter, schema);
  const boost::json::value document = boost::json::parse(text);
  const valijson::adapters::BoostJsonAdapter adapter(document);
  return valijson::Validator().validate(schema, adapter, nullptr);
}

const char* const good_configs[] = {
    R"({"access_codes": [], "task_duration_in_seconds": 0.5, "tasks": []})",
    R"({"$schema": "./config.schema.json", "server": {"address": "::1", "port": 0, "metrics": "all"}, "database": "x", "workers": 1,
        "channel_layer": {"plugin": "redis", "hosts": ["a:1"]}, "ordering": {"plugin": "slight"}, "recording": {"bytes": false}, "study": {"title": "t", "contact": "c"},
        "sandbox": {"memory_in_mib": 64, "pool": 0, "working_directory": "~"},
        "access_codes": ["bob", "\ud83d\ude00"], "task_duration_in_seconds": 60, "tasks": []})",
    R"({"access_codes": ["bob"], "task_duration_in_seconds": 60, "tasks": [
        {"type": "stdout", "description": "d", "initial_filesystem": {"a": null}, "answer": "a", "match": "contains"},
        {"type": "filesystem", "description": "d", "answer": {
          "n": null, "t": "text", "d": {"e": {}}, "l": {"$link": "x"},
          "f": {"$file": {"size": 1, "mode": "0644", "mtime": "2024-01-31T12:00:00Z", "owner": "me"}}}}]})",
};

const char* const bad_configs[] = {
    "[]",
    "{}",
    R"({"access_codes": ["a", "a"], "task_duration_in_seconds": 1, "tasks": []})",
    R"({"access_codes": [""], "task_duration_in_seconds": 1, "tasks": []})",
    R"({"access_codes": [1], "task_duration_in_seconds": 1, "tasks": []})",
    R"({"access_codes": [], "task_duration_in_seconds": 0, "tasks": []})",
    R"({"access_codes": [], "task_duration_in_seconds": "1", "tasks": []})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": {}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "unknown": 1})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "server": {"port": 70000}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "server": {"prt": 1}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "server": {"metrics": true}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "study": {"title": ""}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "workers": 0})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "sandbox": "chroot"})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "sandbox": {"plugin": "chrot"}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "sandbox": {"memory_in_mib": 1}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "ordering": {"plugin": "slight", "x": 1}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [], "channel_layer": {"plugin": "redis"}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [],
        "channel_layer": {"plugin": "redis", "hosts": ["B"]}})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [{"type": "stdin"}]})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [{"type": "stdout", "description": "d"}]})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
        {"type": "stdout", "description": "d", "answer": ""}]})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
        {"type": "filesystem", "description": "d", "answer": {"a": 1}}]})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
        {"type": "filesystem", "description": "d", "answer": {"a/b": null}}]})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
        {"type": "filesystem", "description": "d", "answer": {"a": {"$file": {"mode": "9"}}}}]})",
    R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
        {"type": "filesystem", "description": "d", "answer": {"a": {"$file": {}, "b": null}}}]})",
};

TEST(PrintedSchema, AcceptsWithAnotherValidatorWhatWeAccept) {
  for (const char* text : good_configs) {
    EXPECT_EQ(error_of(text), "");
    EXPECT_TRUE(outsider_accepts(text)) << text;
  }
}

TEST(PrintedSchema, RefusesWithAnotherValidatorWhatWeRefuse) {
  for (const char* text : bad_configs) {
    EXPECT_NE(error_of(text), "") << text;
    EXPECT_FALSE(outsider_accepts(text)) << text;
  }
}

TEST(PrintedSchema, IsStableAndHasATitle) {
  const std::string schema = full_schema(FakePlugins());
  EXPECT_EQ(schema, full_schema(FakePlugins()));
  const Config root = read_json(schema, "schema");
  EXPECT_EQ(root.at("$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
  const Config& sandbox = root.at("properties").at("sandbox");
  EXPECT_EQ(sandbox.at("default").at("plugin").as_string(), "chroot");
  EXPECT_EQ(sandbox.at("oneOf").items().at(1).at("$ref").as_string(), "#/$defs/sandbox_docker");
  const Config& redis = root.at("$defs").at("channel_layer_redis");
  EXPECT_EQ(redis.at("properties").at("hosts").at("items").at("$ref").as_string(),
            "#/$defs/channel_layer_redis/$defs/host");
  EXPECT_FALSE(redis.at("additionalProperties").as_bool());
}

std::string schema_error(const std::string& plugin_schema) {
  FakePlugins plugins;
  plugins.sandboxes = {{"odd", plugin_schema}};
  try {
    full_schema(plugins);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(PrintedSchema, RefusesKeysThatTheServerReads) {
  for (const std::string key : {"pool", "working_directory"}) {
    const std::string schema = "{\"properties\": {\"" + key + "\": {\"type\": \"string\"}}}";
    EXPECT_THAT(schema_error(schema),
                testing::HasSubstr("properties." + key + ": expected a key of the plugin's own, got \"" + key +
                                   "\", which the server reads"));
  }
  FakePlugins plugins;
  plugins.channel_layers = {{"odd", R"({"properties": {"pool": {"type": "integer"}}})"}};
  EXPECT_NE(full_schema(plugins), "") << "only a sandbox has these keys";
}

TEST(PrintedSchema, AsksForTheNamedPluginsOnly) {
  class Counting : public FakePlugins {
   public:
    std::string schema(PluginKind kind, const std::string& name) const override {
      asked.push_back(name);
      return FakePlugins::schema(kind, name);
    }
    mutable std::vector<std::string> asked;
  };
  const Counting plugins;
  EXPECT_EQ(error_of(config_with(R"("sandbox": {"plugin": "docker"})"), plugins), "");
  EXPECT_THAT(plugins.asked, testing::ElementsAre("memory", "strict", "docker"));
}

TEST(PrintedSchema, NamesThePluginWhoseOwnSchemaIsBroken) {
  const std::string start = "schema of the sandbox odd:";
  EXPECT_EQ(schema_error("{}"), "");
  EXPECT_EQ(schema_error("{"), start + "1:2: expected a key in double quotes or '}', got the end of the file");
  EXPECT_EQ(schema_error("[]"), start + "1:1: expected an object, got an array");
  EXPECT_EQ(schema_error(R"({"propertys": {}})"),
            start +
                "1:15: propertys: expected a JSON Schema keyword that tellina checks, got \"propertys\"; did you "
                "mean \"properties\"?");
  EXPECT_EQ(schema_error(R"({"properties": {"a": {"type": "int"}}})"),
            start +
                "1:31: properties.a.type: expected \"null\", \"boolean\", \"integer\", \"number\", \"string\", "
                "\"array\" or \"object\", got \"int\"");
  EXPECT_EQ(schema_error(R"({"properties": {"a": {"minimum": "1"}}})"),
            start + "1:34: properties.a.minimum: expected a number, got \"1\"");
  EXPECT_EQ(schema_error(R"({"properties": {"a": {"$ref": "#/$defs/b"}}})"),
            start + "1:31: properties.a.$ref: expected a place in this schema, got \"#/$defs/b\"");
  EXPECT_EQ(schema_error(R"({"$defs": {"a": {"$ref": "#/$defs/a"}}})"),
            start + "1:26: $defs.a.$ref: expected a reference \"#/...\" that does not lead back to itself");
  EXPECT_TRUE(schema_error(R"({"properties": {"a": {"pattern": "("}}})")
                  .starts_with(start + "1:34: properties.a.pattern: expected an ECMAScript regular expression, got "
                                       "\"(\": "));
}

}  // namespace
}  // namespace tellina

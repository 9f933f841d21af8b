#include "tellina/config.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

using Kind = Config::Kind;

Config make(Config::Node node) { return Config(std::make_shared<Config::Node>(std::move(node))); }

Config::Node node(Kind kind) {
  Config::Node made;
  made.kind = kind;
  made.file = "config.json";
  made.line = 12;
  made.column = 17;
  made.path = "sandbox.memory_in_mib";
  return made;
}

Config text(const std::string& value) {
  Config::Node made = node(Kind::string);
  made.text = value;
  return make(std::move(made));
}

Config number(std::int64_t value) {
  Config::Node made = node(Kind::integer);
  made.integer = value;
  return make(std::move(made));
}

Config fraction() {
  Config::Node made = node(Kind::number);
  made.number = 2.5;
  made.text = "2.50";
  return make(std::move(made));
}

Config section() {
  Config::Node made = node(Kind::object);
  made.path = "sandbox";
  Config::Node network = node(Kind::boolean);
  network.boolean = true;
  made.members = {{"memory_in_mib", number(256)}, {"name", text("x")}, {"network", make(std::move(network))}};
  return make(std::move(made));
}

template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_config);
    return error.what();
  }
  return "none";
}

TEST(ConfigTest, ReturnsItsValues) {
  const Config config = section();
  EXPECT_EQ(config.at("memory_in_mib").as_integer(), 256);
  EXPECT_EQ(config.at("memory_in_mib").as_number(), 256.0);
  EXPECT_EQ(config.at("name").as_string(), "x");
  EXPECT_TRUE(config.at("network").as_bool());
  EXPECT_EQ(fraction().as_number(), 2.5);
  ASSERT_EQ(config.members().size(), 3u);
  EXPECT_EQ(config.members()[0].first, "memory_in_mib") << "in the order of the file";
  Config::Node list = node(Kind::array);
  list.items = {number(1), number(2)};
  EXPECT_EQ(make(std::move(list)).items()[1].as_integer(), 2);
}

TEST(ConfigTest, FallsBackOnlyWhereAKeyIsAbsent) {
  const Config config = section();
  EXPECT_EQ(config.find("absent"), nullptr);
  EXPECT_EQ(config.integer_or("memory_in_mib", 1), 256);
  EXPECT_EQ(config.integer_or("absent", 1), 1);
  EXPECT_EQ(config.string_or("name", "y"), "x");
  EXPECT_EQ(config.string_or("absent", "y"), "y");
  EXPECT_TRUE(config.bool_or("network", false));
  EXPECT_FALSE(config.bool_or("absent", false));
  EXPECT_EQ(error_of([&] { config.integer_or("name", 1); }),
            "config.json:12:17: sandbox.memory_in_mib: expected a whole number, got \"x\"");
}

TEST(ConfigTest, ErrorsNamePlacePathExpectedAndFound) {
  const std::string start = "config.json:12:17: sandbox.memory_in_mib: ";
  EXPECT_EQ(error_of([] { text("many").as_integer(); }), start + "expected a whole number, got \"many\"");
  EXPECT_EQ(error_of([] { fraction().as_integer(); }), start + "expected a whole number, got 2.50");
  EXPECT_EQ(error_of([] { text("many").as_number(); }), start + "expected a number, got \"many\"");
  EXPECT_EQ(error_of([] { number(3).as_string(); }), start + "expected a string, got 3");
  EXPECT_EQ(error_of([] { number(3).as_bool(); }), start + "expected true or false, got 3");
  EXPECT_EQ(error_of([] { make(node(Kind::null)).items(); }), start + "expected an array, got null");
  EXPECT_EQ(error_of([] { make(node(Kind::array)).members(); }), start + "expected an object, got an array");
  EXPECT_EQ(error_of([] { section().as_string(); }), "config.json:12:17: sandbox: expected a string, got an object");
  EXPECT_EQ(error_of([] { section().at("absent"); }),
            "config.json:12:17: sandbox: expected the key \"absent\", got none");
}

TEST(ConfigTest, AValueWithoutAFileIsAnEmptyObject) {
  const Config config;
  EXPECT_TRUE(config.is_object());
  EXPECT_TRUE(config.members().empty());
  EXPECT_EQ(config.place(), "config");
  EXPECT_EQ(error_of([&] { config.at("x"); }), "config: expected the key \"x\", got none");
}

TEST(ConfigTest, DescribesALongStringByItsStart) {
  EXPECT_EQ(text(std::string(60, 'a')).describe(), "\"" + std::string(60, 'a') + "\"");
  EXPECT_EQ(text(std::string(61, 'a')).describe(), "\"" + std::string(57, 'a') + "...\"");
}

}  // namespace
}  // namespace tellina

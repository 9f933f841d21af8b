#include "host/config/markdown_pictures.hpp"

#include <cmark.h>

#include <memory>

#include "host/text/sha256.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

using Range = MarkdownPicture::Range;

struct Freed {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
  void operator()(cmark_iter* iterator) const { cmark_iter_free(iterator); }
};

/// The pictures without their places.
std::vector<MarkdownPicture> parse(const std::string& markdown) {
  const std::unique_ptr<cmark_node, Freed> document(
      cmark_parse_document(markdown.data(), markdown.size(), CMARK_OPT_DEFAULT));
  const std::unique_ptr<cmark_iter, Freed> iterator(cmark_iter_new(document.get()));
  std::vector<MarkdownPicture> pictures;
  std::vector<std::size_t> open;  // a picture can be in the alternative text of another one
  for (cmark_event_type event; (event = cmark_iter_next(iterator.get())) != CMARK_EVENT_DONE;) {
    cmark_node* const node = cmark_iter_get_node(iterator.get());
    if (cmark_node_get_type(node) == CMARK_NODE_IMAGE) {
      if (event == CMARK_EVENT_EXIT) {
        open.pop_back();
        continue;
      }
      open.push_back(pictures.size());
      pictures.push_back({cmark_node_get_url(node), "", std::nullopt});
    } else if (const char* const text = cmark_node_get_literal(node)) {
      for (const std::size_t index : open) pictures[index].alternative += text;
    }
  }
  return pictures;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The target that begins at `begin`, as CommonMark (section "Links") delimits it. Nothing if there is none.
std::optional<Range> target_at(std::string_view text, std::size_t begin) {
  const bool is_bracketed = begin < text.size() && text[begin] == '<';
  int depth = 0;
  std::size_t at = is_bracketed ? begin + 1 : begin;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && at + 1 < text.size() && !is_space(text[at + 1])) {
      ++at;
    } else if (is_bracketed) {
      if (c == '>') return Range{begin, at + 1};
      if (c == '<' || c == '\n' || c == '\r') return std::nullopt;
    } else if (c == '(') {
      ++depth;
    } else if (is_space(c) || (c == ')' && depth-- == 0)) {
      break;
    }
  }
  if (is_bracketed || at == begin) return std::nullopt;
  return Range{begin, at};
}

/// Every place where the text may name a target: after "](" of a picture or link, and after "]:" of a definition.
std::vector<Range> possible_targets(std::string_view text) {
  std::vector<Range> ranges;
  for (std::size_t at = text.find(']'); at != std::string_view::npos; at = text.find(']', at + 1)) {
    if (at + 1 >= text.size() || (text[at + 1] != '(' && text[at + 1] != ':')) continue;
    if (!ranges.empty() && at < ranges.back().end) continue;
    std::size_t begin = at + 2;
    while (begin < text.size() && is_space(text[begin])) ++begin;
    const auto range = target_at(text, begin);
    // A backquote may begin code, which a replacement of the target would end.
    if (range && text.substr(range->begin, range->end - range->begin).find('`') == std::string_view::npos) {
      ranges.push_back(*range);
    }
  }
  return ranges;
}

}  // namespace

std::vector<MarkdownPicture> find_pictures(const std::string& markdown) {
  if (markdown.find("![") == std::string::npos) return {};
  std::vector<MarkdownPicture> pictures = parse(markdown);
  if (pictures.empty()) return pictures;
  // The library does not say where a target is. So parse the text a second time with a mark instead of each possible
  // target: the marks that are targets of pictures then are so in the original text.
  const std::vector<Range> ranges = possible_targets(markdown);
  const std::string mark = "p" + sha256(markdown) + "-";  // occurs in no text that people write
  std::string marked;
  std::size_t copied = 0;
  for (std::size_t index = 0; index < ranges.size(); ++index) {
    marked.append(markdown, copied, ranges[index].begin - copied).append(mark).append(std::to_string(index));
    copied = ranges[index].end;
  }
  marked.append(markdown, copied);
  const std::vector<MarkdownPicture> found = parse(marked);
  // If the marks changed what the text means, no place is certain.
  if (found.size() != pictures.size()) return pictures;
  for (std::size_t index = 0; index < found.size(); ++index) {
    const std::string& target = found[index].target;
    if (found[index].alternative != pictures[index].alternative || !target.starts_with(mark)) continue;
    const std::size_t number = std::stoul(target.substr(mark.size()));
    if (number < ranges.size()) pictures[index].place = ranges[number];
  }
  return pictures;
}

}  // namespace tellina

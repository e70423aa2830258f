#include "platform/http/router.hpp"

#include <array>
#include <stdexcept>
#include <unordered_map>

namespace cumulo::http {

struct router::stored {
  route line;
  std::size_t index;
  std::vector<std::string_view> names;  // of its parameters, in order
};

namespace {
struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
}  // namespace

struct router::node {
  std::unordered_map<std::string, std::unique_ptr<node>, text_hash, std::equal_to<>> literals;
  std::unique_ptr<node> parameter;
  std::array<const stored*, 7> by_verb{};

  [[nodiscard]] bool is_end() const {
    for (const auto* one : by_verb) {
      if (one != nullptr) return true;
    }
    return false;
  }
  [[nodiscard]] std::string allow() const {
    std::string text;
    const auto add = [&](std::string_view name) {
      if (!text.empty()) text += ", ";
      text += name;
    };
    for (std::size_t v = 0; v < by_verb.size(); ++v) {
      if (by_verb[v] == nullptr) continue;
      add(to_text(static_cast<verb>(v)));
      if (static_cast<verb>(v) == verb::get) add("HEAD");
    }
    add("OPTIONS");
    return text;
  }
};

namespace {

/// Takes the first segment off "/a/b" (→ "a", "/b").
std::string_view take_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  const auto end = rest.find('/');
  const auto segment = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return segment;
}

}  // namespace

router::router() : root_(std::make_unique<node>()) {}
router::~router() = default;
router::router(router&&) noexcept = default;

void router::add(std::vector<route> table) {
  for (auto& line : table) {
    auto rest = line.path;
    if (rest.empty() || rest.front() != '/')
      throw std::logic_error("a route's path starts with /: " + std::string{rest});
    auto kept = std::make_unique<stored>(stored{std::move(line), all_.size(), {}});
    auto* at = root_.get();
    if (rest == "/") rest = {};
    while (!rest.empty()) {
      const auto segment = take_segment(rest);
      if (segment.size() > 2 && segment.front() == '{' && segment.back() == '}') {
        kept->names.push_back(segment.substr(1, segment.size() - 2));
        if (!at->parameter) at->parameter = std::make_unique<node>();
        at = at->parameter.get();
      } else {
        auto& next = at->literals[std::string{segment}];
        if (!next) next = std::make_unique<node>();
        at = next.get();
      }
    }
    auto& place = at->by_verb.at(static_cast<std::size_t>(kept->line.method));
    if (place != nullptr) {
      throw std::logic_error("a route given twice: " + std::string{to_text(kept->line.method)} + " " +
                             std::string{kept->line.path});
    }
    place = kept.get();
    all_.push_back(std::move(kept));
  }
}

void router::fallback(handler page) { page_ = std::move(page); }

const router::node* router::walk(const node& from, std::string_view rest, std::vector<std::string_view>& values) const {
  if (rest.empty()) return from.is_end() ? &from : nullptr;
  const auto segment = take_segment(rest);
  if (const auto literal = from.literals.find(segment); literal != from.literals.end()) {
    if (const auto* end = walk(*literal->second, rest, values)) return end;
  }
  if (from.parameter && !segment.empty()) {
    const auto depth = values.size();
    values.push_back(segment);
    if (const auto* end = walk(*from.parameter, rest, values)) return end;
    values.resize(depth);
  }
  return nullptr;
}

router::match router::find(verb method, std::string_view path,
                           std::vector<std::pair<std::string_view, std::string_view>>& parameters) const {
  match answer;
  if (path.empty() || path.front() != '/') return answer;
  thread_local std::vector<std::string_view> values;
  values.clear();
  const auto* end = walk(*root_, path == "/" ? std::string_view{} : path, values);
  if (end == nullptr) return answer;
  answer.path_known = true;
  const auto* hit = end->by_verb[static_cast<std::size_t>(method)];
  if (hit == nullptr && method == verb::head) hit = end->by_verb[static_cast<std::size_t>(verb::get)];
  if (hit == nullptr) {
    answer.allow = end->allow();
    return answer;
  }
  answer.found = &hit->line;
  answer.index = hit->index;
  for (std::size_t i = 0; i < hit->names.size(); ++i) parameters.emplace_back(hit->names[i], values[i]);
  return answer;
}

router::match router::find(std::string_view path) const {
  match answer;
  if (path.empty() || path.front() != '/') return answer;
  std::vector<std::string_view> values;
  if (const auto* end = walk(*root_, path == "/" ? std::string_view{} : path, values)) {
    answer.path_known = true;
    answer.allow = end->allow();
  }
  return answer;
}

std::vector<std::pair<verb, std::string_view>> router::routes() const {
  std::vector<std::pair<verb, std::string_view>> list;
  list.reserve(all_.size());
  for (const auto& one : all_) list.emplace_back(one->line.method, one->line.path);
  return list;
}

const handler* router::page() const { return page_ ? &page_ : nullptr; }

}  // namespace cumulo::http

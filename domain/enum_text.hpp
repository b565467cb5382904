#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace talaria::domain {

/// The texts of an enumeration whose values count from 0.
template <std::size_t Size>
using enum_texts = std::array<std::string_view, Size>;

template <class Enum, std::size_t Size>
constexpr std::string_view text_of(const enum_texts<Size>& texts, Enum value) {
  return texts.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t Size>
constexpr std::optional<Enum> value_of(const enum_texts<Size>& texts, std::string_view text) {
  for (std::size_t i = 0; i < Size; ++i) {
    if (texts[i] == text)
      return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace talaria::domain

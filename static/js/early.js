// Before the first paint: the theme that the participant chose (app/display.js keeps it), so that no page flashes.
try {
  document.documentElement.dataset.theme = JSON.parse(localStorage.getItem("tellina.display") ?? "{}").theme ?? "system";
} catch {
  document.documentElement.dataset.theme = "system";
}

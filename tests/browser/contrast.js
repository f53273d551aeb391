() => {
  // Every visible text whose contrast with what is behind it is below WCAG AA, from computed styles.
  const parse = (text) => {
    const found = text.match(/rgba?\(([^)]+)\)/)[1].split(/[ ,/]+/).map(Number);
    return { rgb: found.slice(0, 3), alpha: found.length > 3 ? found[3] : 1 };
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(one).backgroundColor);
      if (alpha === 1) return rgb;
      if (alpha !== 0) throw new Error("a see-through background: " + one.outerHTML.slice(0, 80));
    }
    return [255, 255, 255];
  };
  const poor = [];
  let checked = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(parse(style.color).rgb), light(behind(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (one + 0.05) / (other + 0.05);
    checked += 1;
    if (ratio < (large ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${walk.currentNode.data.trim().slice(0, 60)}`);
  }
  return { checked, poor };
}

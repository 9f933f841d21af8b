// Line plots as SVG, without a library.

const width = 760;
const height = 420;
const margin = { left: 70, right: 170, top: 40, bottom: 55 };
const colours = ['#1b6ca8', '#c0392b', '#27803b', '#8e44ad', '#b9770e', '#566573', '#117a65'];

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Powers of ten, and their multiples by 2 and 5, within the range. */
function logTicks(least, greatest) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(greatest)); power += 1) {
    for (const step of [1, 2, 5]) {
      const tick = step * 10 ** power;
      if (tick >= least * 0.999 && tick <= greatest * 1.001) ticks.push(tick);
    }
  }
  return ticks.length > 9 ? ticks.filter((tick) => Number.isInteger(Math.log10(tick))) : ticks;
}

function label(number) {
  return number >= 0.001 && number < 1e6 ? String(Number(number.toPrecision(3))) : number.toExponential(0);
}

/**
 * A plot with logarithmic axes.
 * @param {{title: string, x: string, y: string, ticksOfX?: {at: number, text: string}[],
 *     lines: {name: string, points: number[][]}[]}} plot Points are [x, y], above 0.
 */
export function drawPlot({ title, x, y, ticksOfX, lines }) {
  const points = lines.flatMap((line) => line.points);
  const range = (index) => {
    const numbers = points.map((point) => point[index]);
    const least = Math.min(...numbers);
    const greatest = Math.max(...numbers);
    return least === greatest ? [least / 2, greatest * 2] : [least, greatest];
  };
  const [xLeast, xGreatest] = range(0);
  const [yLeast, yGreatest] = range(1);
  const scale = (value, least, greatest, from, to) =>
    from + ((Math.log(value) - Math.log(least)) / (Math.log(greatest) - Math.log(least))) * (to - from);
  const atX = (value) => scale(value, xLeast, xGreatest, margin.left, width - margin.right);
  const atY = (value) => scale(value, yLeast, yGreatest, height - margin.bottom, margin.top);

  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${margin.left}" y="22" font-size="15">${escaped(title)}</text>`,
  ];
  const xTicks = ticksOfX ?? logTicks(xLeast, xGreatest).map((tick) => ({ at: tick, text: label(tick) }));
  for (const tick of xTicks) {
    if (tick.at < xLeast || tick.at > xGreatest) continue;
    const place = atX(tick.at).toFixed(1);
    parts.push(`<path d="M${place} ${margin.top}V${height - margin.bottom}" stroke="#dddddd"/>`);
    parts.push(`<text x="${place}" y="${height - margin.bottom + 18}" text-anchor="middle">${escaped(tick.text)}</text>`);
  }
  for (const tick of logTicks(yLeast, yGreatest)) {
    const place = atY(tick).toFixed(1);
    parts.push(`<path d="M${margin.left} ${place}H${width - margin.right}" stroke="#dddddd"/>`);
    parts.push(`<text x="${margin.left - 6}" y="${Number(place) + 4}" text-anchor="end">${label(tick)}</text>`);
  }
  const middle = (margin.left + width - margin.right) / 2;
  parts.push(`<text x="${middle}" y="${height - 14}" text-anchor="middle">${escaped(x)}</text>`);
  const side = (margin.top + height - margin.bottom) / 2;
  parts.push(`<text transform="translate(18 ${side}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`);
  lines.forEach((line, index) => {
    const colour = colours[index % colours.length];
    const path = line.points.map((point) => `${atX(point[0]).toFixed(1)} ${atY(point[1]).toFixed(1)}`).join('L');
    parts.push(`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    if (line.points.length < 10) {
      for (const point of line.points) {
        parts.push(`<circle cx="${atX(point[0]).toFixed(1)}" cy="${atY(point[1]).toFixed(1)}" r="3.5" fill="${colour}"/>`);
      }
    }
    const place = margin.top + 14 + index * 20;
    const begin = width - margin.right + 14;
    parts.push(`<path d="M${begin} ${place - 4}h22" stroke="${colour}" stroke-width="2"/>`);
    parts.push(`<text x="${begin + 28}" y="${place}">${escaped(line.name)}</text>`);
  });
  parts.push('</svg>');
  return `${parts.join('\n')}\n`;
}

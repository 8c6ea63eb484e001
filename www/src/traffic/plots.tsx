import type { JSX } from "preact";
import { clockTime, duration, number } from "../parts/words.js";
import { STEPS, type Step } from "./runner.js";

const WIDTH = 600;
const HEIGHT = 120;

/** The least number that a scale can end with so that its thirds are round. */
function roundUp(value: number): number {
  if (value <= 3) return 3;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1.2, 1.5, 3, 6, 9, 12].find((factor) => factor * power >= value) ?? 12) * power;
}

function Scale({ top }: { readonly top: number }): JSX.Element {
  return (
    <div class="plot-scale num" aria-hidden="true">
      {[1, 2 / 3, 1 / 3, 0].map((share) => (
        <span key={share}>{number(Math.round(top * share * 10) / 10)}</span>
      ))}
    </div>
  );
}

function Grid(): JSX.Element {
  return <path class="plot-grid" d={[0, 1, 2, 3].map((line) => `M0 ${(HEIGHT * line) / 3}H${WIDTH}`).join("")} />;
}

/** Answers in each second: 2xx filled, 4xx hollow, 5xx and none hatched. */
export function AnswersPlot({ steps }: { readonly steps: readonly Step[] }): JSX.Element {
  const top = roundUp(Math.max(...steps.map(({ good, refused, failed }) => good + refused + failed), 0));
  const width = WIDTH / STEPS;
  const y = (value: number): number => HEIGHT - (HEIGHT * value) / top;
  return (
    <figure class="plot">
      <figcaption>
        <h2>Answers per second, last minute</h2>
        <span class="legend" aria-hidden="true">
          <i class="legend-good" /> 2xx <i class="legend-refused" /> 4xx <i class="legend-failed" /> 5xx or none
        </span>
      </figcaption>
      <div class="plot-area">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label="Answers per second; the numbers are in the table below"
        >
          <defs>
            <pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <path class="hatch" d="M1 0V4" />
            </pattern>
          </defs>
          <Grid />
          {steps.map(({ good, refused, failed }, index) => (
            <g key={index} transform={`translate(${(STEPS - steps.length + index) * width + 0.75})`}>
              {good > 0 && <rect class="plot-good" width={width - 1.5} y={y(good)} height={HEIGHT - y(good)} />}
              {refused > 0 && <rect class="plot-refused" width={width - 1.5} y={y(good + refused)} height={y(good) - y(good + refused)} />}
              {failed > 0 && (
                <rect
                  class="plot-failed"
                  width={width - 1.5}
                  y={y(good + refused + failed)}
                  height={y(good + refused) - y(good + refused + failed)}
                />
              )}
            </g>
          ))}
        </svg>
        <Scale top={top} />
      </div>
      <div class="plot-times small soft" aria-hidden="true">
        <span>60 s ago</span>
        <span>30 s ago</span>
        <span>now</span>
      </div>
    </figure>
  );
}

/** A line through the values; a gap where a second had no answers. */
function lineOf(steps: readonly Step[], value: (step: Step) => number | undefined, top: number): string {
  let isOpen = false;
  return steps
    .map((step, index) => {
      const now = value(step);
      if (now === undefined) {
        isOpen = false;
        return "";
      }
      const command = isOpen ? "L" : "M";
      isOpen = true;
      return `${command}${(((STEPS - steps.length + index + 0.5) * WIDTH) / STEPS).toFixed(1)} ${(HEIGHT - (HEIGHT * Math.min(now, top)) / top).toFixed(1)}`;
    })
    .join("");
}

/** The time to an answer: median and 95th percentile. */
export function TimesPlot({ steps }: { readonly steps: readonly Step[] }): JSX.Element {
  const top = roundUp(Math.max(...steps.map(({ high }) => high ?? 0), 0));
  return (
    <figure class="plot">
      <figcaption>
        <h2>Time to answer, ms</h2>
        <span class="legend" aria-hidden="true">
          <i class="legend-median" /> median <i class="legend-high" /> 95th percentile
        </span>
      </figcaption>
      <div class="plot-area">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label="Time to answer; the numbers are in the table below"
        >
          <Grid />
          <path class="plot-median" d={lineOf(steps, ({ median }) => median, top)} />
          <path class="plot-high" d={lineOf(steps, ({ high }) => high, top)} />
        </svg>
        <Scale top={top} />
      </div>
    </figure>
  );
}

const time = (value: number | undefined): string => (value === undefined ? "" : duration(value));

/** The numbers of the plots. */
export function StepsTable({ steps, now }: { readonly steps: readonly Step[]; readonly now: number }): JSX.Element {
  return (
    <details class="steps">
      <summary>The numbers of the last minute</summary>
      <div class="steps-scroll" tabIndex={0} role="region" aria-label="The numbers of the last minute">
        <table class="numbers num">
          <thead>
            <tr>
              <th scope="col">Second</th>
              <th scope="col">2xx</th>
              <th scope="col">4xx</th>
              <th scope="col">5xx or none</th>
              <th scope="col">Median</th>
              <th scope="col">95th percentile</th>
            </tr>
          </thead>
          <tbody>
            {steps.toReversed().map((step, index) => (
              <tr key={index}>
                <th scope="row">{clockTime(now - index * 1000)}</th>
                <td>{number(step.good)}</td>
                <td>{number(step.refused)}</td>
                <td>{number(step.failed)}</td>
                <td>{time(step.median)}</td>
                <td>{time(step.high)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

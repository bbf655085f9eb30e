/** What this lab is, where its ideas come from, and what its figures are worth. */
import { BUILD } from "#core/run/build.ts";
import css from "./about.module.css";

const PAPERS = [
  {
    name: "Pushing Large Language Models to the 6G Edge",
    by: "Lin, Qu, Chen, Chen, Huang",
    idea: "Divide a model between a device and a nearby server, or let a small model draft for a large one.",
  },
  {
    name: "NetGPT",
    by: "Chen, Li, Zhao, Peng, Wu, Hossain, Zhang",
    idea: "A small model at the edge knows the place and completes a request before a large one in the cloud answers it.",
  },
  {
    name: "Optimizing NetGPT via Routing-Based Synergy and Reinforcement Learning",
    by: "2025",
    idea: "Which requests go on to the cloud depends on the network of the moment, and the model at the edge learns.",
  },
] as const;

export default function About() {
  return (
    <article className={css["about"]} data-testid="about">
      <h1>A language model, cut in two, in front of your eyes</h1>
      <p>
        Cutlayer runs a real language model in two places at once. Its first blocks run in this browser tab, the rest on
        a server nearby, the edge server. You choose where it is cut. The page measures what each place did, what
        crossed the network, and checks that the answer is word for word the one that the whole model would have given.
      </p>
      <h2>Why cut a model?</h2>
      <p>
        A phone is slow and always there; a server is fast and far. A cut shares the work: less to download and to
        compute here than the whole model, and what leaves the tab is numbers in place of text. That is not privacy:
        those numbers can be turned back into words.
      </p>
      <h2>Three papers, with real models and real bytes</h2>
      <ul>
        {PAPERS.map(({ name, by, idea }) => (
          <li key={name}>
            <cite>{name}</cite> <small>({by})</small>
            <br />
            {idea}
          </li>
        ))}
      </ul>
      <h2>What the figures are worth</h2>
      <ul>
        <li>
          <strong>Measured</strong> figures come from runs on the machines that they name. <strong>Modelled</strong>{" "}
          ones are calculated, and say so.
        </li>
        <li>
          A shaped link adds waiting on purpose, to stand for 5G or a satellite; it is shown apart from the real one.
        </li>
        <li>
          The house models are small. What is larger or faster carries over to big models with care; times do not.
        </li>
      </ul>
      <p className={css["build"]}>
        Cutlayer {BUILD.version}, {BUILD.commit}. MIT licence;{" "}
        <a href="./third-party-notices.txt">what it is built with</a>.
      </p>
    </article>
  );
}

/** In the place of charts that are still being loaded: as much room as they take, so that nothing moves when they come. */
import css from "./charts.module.css";

export const PendingCharts = ({ titles }: { readonly titles: readonly string[] }) =>
  titles.map((title) => (
    <section key={title} className={css["chart"]} aria-busy>
      <div className={css["head"]}>
        <h2>{title}</h2>
      </div>
      <div className={css["pending"]} />
    </section>
  ));

"""The clustered Cox model once more, with loops over every event and person, to compare with.

Written from Therneau & Grambsch (2000), chapters 3 and 7: slow, and meant to be read beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize

Rows = list[dict[str, Any]]


def steps(rows: Rows, beta: np.ndarray, ties: str) -> list[dict[str, Any]]:
    """One entry per event: who is at risk with what weight, and their mean covariate."""
    found = []
    moments = sorted({(row["stratum"], row["time"]) for row in rows if row["event"]})
    for stratum, time in moments:
        at_risk = [r for r in rows if r["stratum"] == stratum and r["time"] >= time]
        dying = [r for r in at_risk if r["time"] == time and r["event"]]
        for nth in range(len(dying)):
            gone = nth / len(dying) if ties == "efron" else 0.0
            weight = {
                r["id"]: np.exp(r["x"] @ beta) * (1 - gone if r in dying else 1.0) for r in at_risk
            }
            total = sum(weight.values())
            mean = sum(weight[r["id"]] * r["x"] for r in at_risk) / total
            found.append(
                {
                    "dying": dying,
                    "at_risk": at_risk,
                    "total": total,
                    "mean": mean,
                    "gone": gone,
                    "who": dying[nth],
                }
            )
    return found


def loglik(rows: Rows, beta: np.ndarray, ties: str) -> float:
    return float(sum(s["who"]["x"] @ beta - np.log(s["total"]) for s in steps(rows, beta, ties)))


def fit(rows: Rows, ties: str) -> dict[str, Any]:
    """Coefficients by a derivative-free search, errors from the formulas, summed by patient."""
    p = len(rows[0]["x"])
    best = minimize(
        lambda beta: -loglik(rows, beta, ties),
        np.zeros(p),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000},
    )
    beta = best.x
    information = np.zeros((p, p))
    residual = {row["id"]: np.zeros(p) for row in rows}
    for step in steps(rows, beta, ties):
        for row in step["at_risk"]:
            bears = 1 - step["gone"] if row in step["dying"] else 1.0
            hazard = bears * np.exp(row["x"] @ beta) / step["total"]
            away = row["x"] - step["mean"]
            information += hazard * np.outer(away, away)
            residual[row["id"]] -= hazard * away
        for row in step["dying"]:
            residual[row["id"]] += (row["x"] - step["mean"]) / len(step["dying"])
    summed: dict[str, np.ndarray] = {}
    for row in rows:
        summed[row["patient"]] = summed.get(row["patient"], 0) + residual[row["id"]]
    naive = np.linalg.inv(information)
    meat = sum(np.outer(each, each) for each in summed.values())
    return {"coef": beta, "naive": naive, "robust": naive @ meat @ naive, "loglik": -best.fun}

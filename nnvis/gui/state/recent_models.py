"""The models that were in use before, each as it was asked for."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from nnvis.config import Settings, remember
from nnvis.models.info import ModelRequest, is_attached
from nnvis.structure import structure


def remember_model(settings: Settings, model_request: ModelRequest) -> None:
    """Note that this model is in use; its files are found again from wherever nnvis is started."""
    if is_attached(model_request.spec):  # it may well be gone by the next start
        return
    settings.model, settings.device = model_request.spec, model_request.device
    model_request = _absolute(model_request)
    title = model_request.title
    settings.recent_models = remember(settings.recent_models, title)
    kept = {**settings.model_requests, title: asdict(model_request)}
    settings.model_requests = {one: kept[one] for one in settings.recent_models if one in kept}


def recent_models(settings: Settings) -> dict[str, ModelRequest]:
    """Return what was asked for, by title, the last one first."""
    return {title: recalled(settings, title) for title in settings.recent_models}


def recalled(settings: Settings, title: str) -> ModelRequest:
    """Return the model that is remembered under `title`, else the one of that name."""
    stored = settings.model_requests.get(title)
    known = structure(ModelRequest, stored) if isinstance(stored, dict) else None
    return known or ModelRequest(title, settings.device)


def _absolute(model_request: ModelRequest) -> ModelRequest:
    where, colon, function = model_request.spec.rpartition(":")
    if where.endswith(".py"):
        spec = f"{Path(where).absolute()}{colon}{function}"
    else:
        spec = model_request.spec
        spec = str(Path(spec).absolute()) if "/" not in spec[:1] and Path(spec).exists() else spec
    return replace(
        model_request,
        spec=spec,
        weights=_whole(model_request.weights),
        labels=_whole(model_request.labels),
    )


def _whole(path: str | None) -> str | None:
    return str(Path(path).absolute()) if path else None

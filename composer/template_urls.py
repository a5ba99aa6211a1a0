"""Addresses below `/<team>/templates/`."""

from __future__ import annotations

from django.urls import path

from composer.views import templates, whatsapp_templates

urlpatterns = [
    path("", templates.templates, name="templates"),
    path("new/", templates.template_new, name="template-new"),
    path("fields/", templates.fields_in_use, name="fields-in-use"),
    path("whatsapp/", whatsapp_templates.shelf, name="whatsapp-templates"),
    path("whatsapp/new/", whatsapp_templates.template_new, name="whatsapp-template-new"),
    path("whatsapp/<uuid:template_id>/", whatsapp_templates.template, name="whatsapp-template"),
    path(
        "whatsapp/<uuid:template_id>/delete/",
        whatsapp_templates.template_delete,
        name="whatsapp-template-delete",
    ),
    path("<uuid:template_id>/", templates.template, name="template"),
    path("<uuid:template_id>/begin/", templates.template_begin, name="template-begin"),
    path("<uuid:template_id>/go-back/", templates.template_go_back, name="template-go-back"),
    path("<uuid:template_id>/delete/", templates.template_delete, name="template-delete"),
]

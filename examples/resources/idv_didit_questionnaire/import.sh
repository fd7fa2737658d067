# The id is the QUESTIONNAIRE_GROUP_ID, which all versions share.
terraform import idv_didit_questionnaire.onboarding a0000000-0000-4000-8000-000000000001

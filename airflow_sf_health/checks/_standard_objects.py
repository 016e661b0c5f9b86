"""The usual spelling of objects that Salesforce itself brings: an org is asked for no list of all its objects."""

from __future__ import annotations

_NAMES = """
Account AccountContactRelation AccountContactRole AccountTeamMember ApexClass ApexTrigger Asset
AssetRelationship AssignedResource Attachment BusinessHours BusinessProcess Campaign CampaignMember CampaignMemberStatus Case
CaseComment CaseContactRole CaseTeamMember CollaborationGroup Contact ContactPointAddress ContactPointEmail
ContactPointPhone ContentDocument ContentDocumentLink ContentFolder ContentVersion ContentWorkspace Contract
ContractContactRole ContractLineItem CronTrigger CurrencyType Dashboard DatedConversionRate Document DuplicateRecordItem
DuplicateRecordSet EmailMessage EmailMessageRelation EmailTemplate Entitlement Event EventRelation FeedComment FeedItem
FiscalYearSettings Folder Group GroupMember Holiday Idea Individual Knowledge__kav Lead LiveChatTranscript Location
LoginHistory MessagingSession MessagingUser Network Note ObjectPermissions OperatingHours Opportunity
OpportunityCompetitor OpportunityContactRole OpportunityHistory OpportunityLineItem OpportunityLineItemSchedule
OpportunitySplit OpportunityStage OpportunityTeamMember Order OrderItem Organization Partner Period PermissionSet
PermissionSetAssignment PermissionSetGroup Pricebook2 PricebookEntry ProcessInstance ProcessInstanceStep
ProcessInstanceWorkitem Product2 ProductItem Profile QueueSobject Quote QuoteLineItem RecordType Report ResourceAbsence
ReturnOrder Scontrol ServiceAppointment ServiceContract ServiceResource ServiceTerritory Shipment SkillRequirement
SocialPersona SocialPost Solution StaticResource Task TaskRelation Territory2 TimeSheet TimeSlot Topic TopicAssignment User
UserLicense UserLogin UserRole UserTerritory2Association WorkOrder WorkOrderLineItem WorkType
"""
STANDARD_OBJECTS = tuple(_NAMES.split())


def is_custom(name: str) -> bool:
    """Whether an administrator made it, and may delete or rename it: ``Region__c``, ``acme__Invoice__c``, ``Place__Latitude__s``."""
    return "__" in name.strip("_")


def is_of_feature(name: str) -> bool:
    """Whether a standard field comes and goes with a feature of the org: state picklists, person accounts, currencies, record types."""
    lowered = name.casefold()
    by_end = lowered.endswith(("statecode", "countrycode", "currencyisocode"))
    return by_end or lowered.startswith(("person", "isperson")) or lowered in ("recordtypeid", "division")

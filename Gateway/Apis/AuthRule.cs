namespace RigKafka.Apis;

/// <summary>Where a call may carry its token.</summary>
internal sealed record AuthRule(bool UseHeader, string HeaderName, bool UseQuery, string QueryName);

using System.Text.Json.Nodes;
using RigKafka.Log;

namespace RigKafka.Apis;

/// <summary>
/// Changes the definitions for operators. Each change is made to what is in force. If another write came first, the change is made again to
/// that.
/// </summary>
internal sealed class ApiEditor(ApiTable table, DefinitionReader reader, DefinitionDefaults defaults)
{
    private const int MaxAttempts = 10;

    public Task<ApiChange> Create(JsonObject given)
    {
        var complete = defaults.Complete(given);
        return Change(
            Id(complete),
            present => present switch
            {
                null => complete,
                { Definition.Active: true } => null,
                _ => defaults.Stamp((JsonObject)complete.DeepClone(), Json(present)),
            },
            ApiChangeKind.Exists);
    }

    public Task<ApiChange> Update(string id, JsonObject given)
        => Change(
            id,
            present => present is { Definition.Active: true } ? defaults.Merge(Json(present), given) : null,
            ApiChangeKind.Missing);

    public Task<ApiChange> Delete(string id)
        => Change(id, present => present is { Definition.Active: true } ? Deactivated(present) : null, ApiChangeKind.Missing);

    /// <summary>
    /// Takes over the definitions of a file, except those that were changed at run time, and deactivates those of an earlier file that are
    /// not in this one.
    /// </summary>
    /// <returns>Whether all of it was stored.</returns>
    public async Task<bool> Seed(SeedFile file)
    {
        var isDone = true;
        foreach (var definition in file.Definitions)
        {
            isDone &= await Seed(definition, file.Hash);
        }

        var dropped = table.All.Where(api => api.Seed is not null && api.Seed != file.Hash && api.Definition.Active).ToList();
        foreach (var api in dropped)
        {
            isDone &= await Put(StoredApi.After(api, Read(Deactivated(api)), file.Hash));
        }

        return isDone;
    }

    private async Task<bool> Seed(ApiDefinition definition, string hash)
    {
        var present = table.Find(definition.Id);
        if (present is null)
        {
            return await Put(StoredApi.After(null, definition, hash));
        }

        return present.Seed is null || present.Seed == hash
            || await Put(StoredApi.After(present, Read(defaults.Stamp(DefinitionJson.ToObject(definition.Json), Json(present))), hash));
    }

    private async Task<bool> Put(StoredApi api) => (await table.Write(api)).Outcome == AppendOutcome.Stored;

    private async Task<ApiChange> Change(string? id, Func<StoredApi?, JsonObject?> make, ApiChangeKind otherwise)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var present = id is null ? null : table.Find(id);
            if (make(present) is not { } made)
            {
                return ApiChange.Of(otherwise);
            }

            var mistakes = new List<string>();
            if (reader.Read(DefinitionJson.ToElement(made), mistakes, isWritten: true) is not { } definition)
            {
                return ApiChange.Invalid(mistakes);
            }

            var (outcome, isAccepted) = await table.Write(StoredApi.After(present, definition, seed: null));
            if (outcome != AppendOutcome.Stored)
            {
                return ApiChange.NotStored(outcome);
            }

            if (isAccepted)
            {
                table.RebuildRoutes();
                return ApiChange.Of(ApiChangeKind.Done);
            }
        }

        return ApiChange.NotStored(AppendOutcome.NotStored);
    }

    private JsonObject Deactivated(StoredApi api)
    {
        var json = Json(api);
        json["active"] = false;
        return defaults.Stamp(json, json);
    }

    private ApiDefinition Read(JsonObject json) => reader.Read(DefinitionJson.ToElement(json), [])!;

    private static JsonObject Json(StoredApi api) => DefinitionJson.ToObject(api.Definition.Json);

    private static string? Id(JsonObject json) => json["id"] is JsonValue value && value.TryGetValue(out string? id) ? id : null;
}

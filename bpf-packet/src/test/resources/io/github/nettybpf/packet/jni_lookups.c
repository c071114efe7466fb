/*
 * A JVM TI agent that writes to the file of its option what JNA's library looks up by JNI, one a line:
 *   class NAME | member CLASS NAME SIGNATURE
 * What other libraries look up, those of the JDK, is left out: the caller's address tells which library calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <jvmti.h>
#include <stdio.h>
#include <string.h>

static jniNativeInterface *original;
static FILE *out;

static int is_jna(void *caller)
{
    Dl_info info;
    return dladdr(caller, &info) && strstr(info.dli_fname, "jna");
}

static void member(JNIEnv *env, void *caller, jclass type, const char *name, const char *signature)
{
    if (!is_jna(caller))
        return;
    jclass classes = original->GetObjectClass(env, type);
    jmethodID get_name = original->GetMethodID(env, classes, "getName", "()Ljava/lang/String;");
    jstring string = original->CallObjectMethod(env, type, get_name);
    const char *text = original->GetStringUTFChars(env, string, NULL);
    fprintf(out, "member %s %s %s\n", text, name, signature);
    original->ReleaseStringUTFChars(env, string, text);
    original->DeleteLocalRef(env, string);
    original->DeleteLocalRef(env, classes);
}

static jclass JNICALL find_class(JNIEnv *env, const char *name)
{
    if (is_jna(__builtin_return_address(0)))
        fprintf(out, "class %s\n", name);
    return original->FindClass(env, name);
}

static jmethodID JNICALL method(JNIEnv *env, jclass type, const char *name, const char *signature)
{
    member(env, __builtin_return_address(0), type, name, signature);
    return original->GetMethodID(env, type, name, signature);
}

static jmethodID JNICALL static_method(JNIEnv *env, jclass type, const char *name, const char *signature)
{
    member(env, __builtin_return_address(0), type, name, signature);
    return original->GetStaticMethodID(env, type, name, signature);
}

static jfieldID JNICALL field(JNIEnv *env, jclass type, const char *name, const char *signature)
{
    member(env, __builtin_return_address(0), type, name, signature);
    return original->GetFieldID(env, type, name, signature);
}

static jfieldID JNICALL static_field(JNIEnv *env, jclass type, const char *name, const char *signature)
{
    member(env, __builtin_return_address(0), type, name, signature);
    return original->GetStaticFieldID(env, type, name, signature);
}

static jint JNICALL register_natives(JNIEnv *env, jclass type, const JNINativeMethod *methods, jint count)
{
    for (jint i = 0; i < count; i++)
        member(env, __builtin_return_address(0), type, methods[i].name, methods[i].signature);
    return original->RegisterNatives(env, type, methods, count);
}

static void JNICALL started(jvmtiEnv *jvmti, JNIEnv *env, jthread thread)
{
    jniNativeInterface *table;
    (*jvmti)->GetJNIFunctionTable(jvmti, &original);
    (*jvmti)->GetJNIFunctionTable(jvmti, &table);
    table->FindClass = find_class;
    table->GetMethodID = method;
    table->GetStaticMethodID = static_method;
    table->GetFieldID = field;
    table->GetStaticFieldID = static_field;
    table->RegisterNatives = register_natives;
    (*jvmti)->SetJNIFunctionTable(jvmti, table);
}

static void JNICALL ended(jvmtiEnv *jvmti, JNIEnv *env)
{
    fflush(out);
}

JNIEXPORT jint JNICALL Agent_OnLoad(JavaVM *vm, char *options, void *reserved)
{
    jvmtiEnv *jvmti;
    jvmtiEventCallbacks callbacks;
    out = fopen(options, "w");
    if (!out || (*vm)->GetEnv(vm, (void **) &jvmti, JVMTI_VERSION_11) != JNI_OK)
        return JNI_ERR;
    memset(&callbacks, 0, sizeof callbacks);
    callbacks.VMInit = started;
    callbacks.VMDeath = ended;
    (*jvmti)->SetEventCallbacks(jvmti, &callbacks, sizeof callbacks);
    (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_VM_INIT, NULL);
    (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_VM_DEATH, NULL);
    return JNI_OK;
}
